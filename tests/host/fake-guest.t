#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# fake-guest, which other tests trust: it gets its disk by descriptors, makes the
# changes it tells of, and only those.
use strict;
use warnings;
use Cwd qw(abs_path);
use Fcntl qw(F_SETFD);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IO::Handle;
use Socket;
use Test::More;

my $guest = dirname(abs_path($0)) . '/fake-guest';
my $work = tempdir('grow-disk-test.XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $image = "$work/image";
my $log   = "$work/log";
my $before = qq({"request":"grow","protocol":1,"partition":0});

# A disk with two partitions: 512+1024 and 2048+2048 sectors.
sub make_image {
    open my $file, '>', $image or die "$image: $!\n";
    my $entry = sub { pack 'Cx3Cx3VV', 0, 131, @_ };
    print $file "\0" x 446, $entry->(512, 1024), $entry->(2048, 2048), "\0" x 32, "\x55\xaa", "\0" x (2**21 - 512);
}

sub make_log {
    my ($cluster, $bytes) = @_;
    unlink $log;
    system(qw(qemu-img create -q -f qcow2 -o), "cluster_size=$cluster", qw(-F raw -b), $image, $log, $bytes) == 0
      or die "qemu-img create failed\n";
}

# What the disk holds, through the log.
sub disk {
    system(qw(qemu-img convert -U -f qcow2 -O raw), $log, "$work/raw") == 0 or die "qemu-img convert failed\n";
    open my $file, '<', "$work/raw" or die "raw: $!\n";
    local $/;
    return <$file>;
}

sub file_node {
    my ($set) = @_;
    return qq({"driver":"file","filename":"/dev/fdset/$set","locking":"off"});
}

# Play a host with STUB and the request. Return what the guest told, by event; ended by its exit status.
sub play {
    my ($stub, $request, %more) = @_;
    my (%ours, %theirs, @inherited);
    for my $name (qw(wire qmp console)) {
        socketpair $ours{$name}, $theirs{$name}, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die "socketpair: $!\n";
        $ours{$name}->autoflush(1);
    }
    pipe my $held, my $holds or die "pipe: $!\n";
    open my $log_fd, '+<', $log or die "$log: $!\n";
    open my $image_fd, '<', $image or die "$image: $!\n";
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        close $_ for values %ours;
        fcntl $_, F_SETFD, 0 for values %theirs, $log_fd, $image_fd, $holds;
        $ENV{STUB} = $stub;
        chdir '/';
        exec $guest, '-m', $more{memory} // 256,
          (map { ('-chardev', "socket,id=$_,fd=" . fileno $theirs{$_}) } keys %theirs),
          '-add-fd', 'fd=' . fileno($log_fd) . ',set=1', '-add-fd', 'fd=' . fileno($image_fd) . ',set=2';
        die "$guest: $!\n";
    }
    close $_ for values %theirs, $holds;
    my $qmp = $ours{qmp};
    my $greeting = <$qmp>;
    my $node = '"node-name":"disk","driver":"qcow2","file":' . file_node(1)
      . ',"backing":{"driver":"raw","read-only":true,"file":' . file_node(2) . '}';
    my @answers;
    for my $command ('qmp_capabilities"', "blockdev-add\",\"arguments\":{$node}", 'device_add","arguments":{"id":"d"}') {
        print $qmp qq({"execute":"$command}\n);
        push @answers, scalar <$qmp>;
    }
    my $wire = $ours{wire};
    print $wire "$request\n";
    my %told = (order => '', answers => join '', @answers);
    while (my $line = <$wire>) {
        my ($event) = $line =~ /^\{"event":"(\w+)"/;
        $told{order} .= "$event ";
        $told{$event} .= $line;
    }
    waitpid $pid, 0;
    $told{status} = $?;
    vec(my $ended = '', fileno $held, 1) = 1; # by the last process that has the other end
    ok(select($ended, undef, undef, 60), "$stub: no process is left");
    return \%told;
}

my $grow_order = 'hello disk table table limit plan check check table table resize resize resize check check verify done ';
make_image();
for my $cluster (qw(4k 64k)) {
    make_log($cluster, '4M');
    my $told = play('grow', $before);
    is($told->{answers}, qq({"return":{}}\r\n) x 3, "$cluster: QMP is answered");
    is($told->{order}, $grow_order, "$cluster: the events of a grow, in order");
    like($told->{plan}, qr/"partition":2,"start_lba":2048,"sectors_before":2048,"sectors_after":6144,/, "$cluster: the plan");
    is($told->{status}, 0, "$cluster: the machine ends well");
    my $disk = disk();
    is(length $disk, 2**22, "$cluster: the disk has its size");
    is(unpack('V', substr $disk, 446 + 28, 4), 6144, "$cluster: the partition fills the disk");
    is(ord substr($disk, 2048 * 512 + 4096, 1), 7, "$cluster: something changed in the partition");
    is(ord substr($disk, -1), 8, "$cluster: and at its end");
    substr $disk, 446 + 28, 4, pack 'V', 2048;
    open my $original, '<', $image or die "$image: $!\n";
    read $original, my $head, 2048 * 512;
    is(substr($disk, 0, 2048 * 512), $head, "$cluster: nothing else before it");
    is(system("qemu-img check -q $log"), 0, "$cluster: the log is sound");
}

# What a scenario does besides, or instead: it, the request, the order of the events, what one of them says.
my $plan = qq({"request":"plan","protocol":1,"partition":1});
my $check = qq({"request":"check","protocol":1,"partition":0});
my $fault = 'hello fault ';
my $planned = 'hello disk table table limit plan done ';
for (
    ['nothing', $before, $planned, plan => '"changed":false', 2048],
    ['grow', $plan, $planned, plan => '"partition":1,"start_lba":512', 2048],
    ['grow', $check, 'hello disk check check done ', done => '"changed":false', 2048],
    ['fault:fs-unclean', $before, $fault, fault => '"reason":"fs-unclean","status":20', 2048],
    ['fault:fs-limit', $before, $fault, fault => '"reason":"fs-limit","status":10', 2048],
    ['fault:no-space:30', $before, $fault, fault => '"reason":"no-space","status":30', 2048],
    ['memory:300', $before, $fault, fault => '"reason":"fs-needs-memory"', 2048],
    ['memory:200', $before, $grow_order, done => '"changed":true', 6144],
    ['silent', $before, 'hello ', hello => '"build_id":"test-build"', 2048],
    ['liar', $before, $grow_order, plan => '"sectors_after":6144', 6143],
    ['repairs:2', $before, $grow_order =~ s/check /check repair repair /r, repair => '"problem":"0x040002","inode":12', 6144],
  ) {
    my ($stub, $request, $order, $event, $text, $sectors) = @$_;
    my ($kind) = $request =~ /"request":"(\w+)"/;
    make_log('4k', '4M');
    my $told = play($stub, $request);
    is($told->{order}, $order, "$stub, $kind: the events, in order");
    like($told->{$event}, qr/\Q$text/, "$stub, $kind: what $event says");
    is(unpack('V', substr disk(), 446 + 28, 4), $sectors, "$stub, $kind: sectors in the table");
}
make_log('4k', '4M');
play('breach:1000000', $before);
is(ord substr(disk(), 1000000, 1), 99, 'breach: the byte is written');
done_testing();
