/* A shell for people, on the serial console. */
#ifndef AGENT_SHELL_H
#define AGENT_SHELL_H

#include "report.h"

/* Run it, with job control, until it ends. Its exit status does not matter.
 * Fault: internal. */
int shell_run(struct report *report, struct fault *fault);

#endif
