# SPDX-License-Identifier: GPL-2.0-or-later
# What the QEMUs of the tests share: the descriptors in QEMU's arguments, QMP, the
# wire, and a machine that can be saved. A program that uses it is confined as QEMU
# is: it reads this file because it lies in ../lib beside the program's folder, and
# it writes only to what it was given.
package FakeQemu;
use strict;
use warnings;
use Exporter 'import';
use IO::Handle;
use POSIX ();

our @EXPORT = qw($wire $qmp $console $build_id note send_event raw hang greet qmp_line qmp_return
  qmp_error passed_fd machine_memory saved_machine_fd send_hello send_beats send_step);

our $build_id = $ENV{FAKE_QEMU_BUILD_ID} // 'test-build';

my %channel;
for (@ARGV) {
    next unless /^socket,id=(\w+),fd=(\d+)$/;
    open $channel{$1}, '+<&=', $2 or die "fd $2: $!\n";
    $channel{$1}->autoflush(1);
}
our ($wire, $qmp, $console) = @channel{qw(wire qmp console)};

# Tell the test something: a line of the console.
sub note {
    my ($name, $text) = @_;
    print $console "NOTE $name $text\n";
}

sub send_event {
    my ($event, $fields) = @_;
    my $text = qq({"event":"$event","t_ms":1) . ($fields ? ",$fields" : '') . '}';
    print $wire "$text\n";
}

# Send bytes at once, be they a line or not.
sub raw { my ($channel, $bytes) = @_; syswrite $channel, $bytes; }

# Stay silent, but alive: a guest that hangs.
sub hang { sleep 1000 while 1 }

sub send_hello {
    send_event('hello', qq("protocol":1,"build_id":"$build_id","agent":"0","kernel":"6.1",)
          . qq("e2fsprogs":"1.47","util_linux":"2.38"));
}

# Live on without an end, and show it.
sub send_beats {
    my ($stage) = @_;
    for (my $n = 1; ; $n++) {
        send_event('beat', qq("seq":$n,"stage":"$stage"));
        select undef, undef, undef, 0.1;
    }
}

# A step of the work from begin to end, with percentages between. FIELDS may be empty.
sub send_step {
    my ($event, $fields, $end, @percent) = @_;
    $fields .= ',' if $fields ne '';
    send_event($event, qq($fields"state":"begin"));
    send_event($event, qq($fields"state":"progress","percent":$_)) for @percent;
    send_event($event, qq($fields"state":"end",$end));
}

sub greet {
    my ($version) = @_;
    $version //= '{"qemu":{"micro":22,"minor":2,"major":7},"package":""}';
    print $qmp qq({"QMP":{"version":$version,"capabilities":[]}}\r\n);
}

sub qmp_return { my ($fields) = @_; print $qmp qq({"return":{$fields}}\r\n); }

sub qmp_error { my ($text) = @_; print $qmp qq({"error":{"class":"GenericError","desc":"$text"}}\r\n); }

my $buffer = '';

# The descriptor that came with QMP last; -1: none. Perl has no recvmsg(2) of its own.
my $passed_fd = -1;
my $recvmsg = { x86_64 => 47, aarch64 => 212 }->{ (POSIX::uname())[4] };

sub qmp_read {
    my ($data, $control) = ("\0" x 4096, "\0" x 64);
    return sysread $qmp, $buffer, 4096, length $buffer unless $recvmsg;
    my $iov = pack 'PQ', $data, length $data;
    my $message = pack 'QLx4PQPQlx4', 0, 0, $iov, 1, $control, length $control, 0;
    my $got = syscall $recvmsg, fileno $qmp, $message, 0;
    return 0 if $got <= 0;
    my ($control_bytes) = unpack 'x40Q', $message;
    ($passed_fd) = unpack 'x16i', $control if $control_bytes >= 20;
    $buffer .= substr $data, 0, $got;
    return $got;
}

# One line of QMP, or '' when the socket is closed.
sub qmp_line {
    $buffer =~ s/^\s+//;
    while (index($buffer, "\n") < 0) {
        return '' unless qmp_read();
        $buffer =~ s/^\s+//;
    }
    my ($line, $rest) = split /\n/, $buffer, 2;
    $buffer = $rest;
    return $line;
}

# Take over the descriptor that came last.
sub passed_fd {
    my $fd = $passed_fd;
    $passed_fd = -1;
    return $fd;
}

# The memory of this machine, as it is saved: a few hundred KiB, to the byte.
sub machine_memory { return join '', map { "page $_ of $build_id\n" } 1 .. 20000; }

# The descriptor of the saved machine to go on with, or undef.
sub saved_machine_fd {
    my ($fd) = "@ARGV" =~ /-incoming fd:(\d+)/;
    return $fd;
}

1;
