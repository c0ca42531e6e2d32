/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "grow.h"

#include "agent/trace/recorder/recorder.h"
#include "base/cleanup.h"
#include "stages.h"

/* When a stage has its turn. */
enum turn {
	TURN_ALWAYS,
	TURN_CHECK, /* in a request to check */
	TURN_PLAN   /* in one to plan or to grow */
};

/* In order. A grow goes on with its steps. */
static const struct stage {
	const char *name;
	enum turn turn;
	int (*run)(struct grow *grow, struct fault *fault);
	bool (*is_needed)(const struct grow *grow); /* NULL: always */
} stages[] = {
	{ "disk", TURN_ALWAYS, stage_disk, NULL },
	{ "table", TURN_ALWAYS, stage_table, NULL },
	{ "probe", TURN_ALWAYS, stage_probe, NULL },
	{ "tools", TURN_ALWAYS, stage_tools, stage_tools_needed },
	{ "check", TURN_CHECK, stage_check_only, NULL },
	{ "plan", TURN_PLAN, stage_plan, NULL },
};

void stage_enter(struct grow *grow, const char *stage)
{
	agent_report_stage(grow->report, stage);
	recorder_mark(grow->recorder, "stage", stage);
}

static int find_and_plan(struct grow *grow, struct fault *fault)
{
	const bool is_check = grow->request->kind == REQUEST_CHECK;

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		if (stages[i].turn == (is_check ? TURN_PLAN : TURN_CHECK) ||
		    (stages[i].is_needed && !stages[i].is_needed(grow)))
			continue;
		stage_enter(grow, stages[i].name);
		if (stages[i].run(grow, fault) < 0)
			return -1;
	}
	return 0;
}

static int carry_out(struct grow *grow, struct fault *fault)
{
	if (steps_carry_out(grow, fault) < 0)
		return -1;
	stage_enter(grow, "flush");
	if (layers_close(grow, fault) < 0)
		return -1;
	return stage_flush(grow, fault);
}

int grow_run(const struct job_setup *setup, const struct request *request,
	     struct agent_report *report, struct recorder *recorder, bool *ret_changed,
	     struct fault *fault)
{
	struct grow grow = {
		.setup = setup,
		.request = request,
		.report = report,
		.recorder = recorder,
		.sbin = setup->sbin,
		.disk = { .fd = -1 },
	};
	struct fault ignored;
	int result = find_and_plan(&grow, fault);

	if (result == 0 && grow.changed && request->kind == REQUEST_GROW)
		result = carry_out(&grow, fault);
	if (recorder && grow.disk.name[0] != '\0')
		recorder_list(recorder, grow.disk.name, "after-table");
	fs_close(&grow.fs);
	(void)layers_close(&grow, &ignored); /* nothing is left to do, or all is thrown away */
	partition_table_free(&grow.table);
	close_fdp(&grow.disk.fd);
	*ret_changed = grow.changed && request->kind == REQUEST_GROW;
	return result;
}
