# SPDX-License-Identifier: GPL-2.0-or-later
# What all parts of the judge need: files as text, and what programs write.
package JudgeTools;
use strict;
use warnings;
use Exporter qw(import);

our @EXPORT_OK = qw(read_file write_file read_bytes output_of silent);

sub read_file {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return <$file> // '';
}

sub write_file {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!\n";
    print $file $text;
    close $file or die "$path: $!\n";
}

# read_bytes PATH, AT, COUNT: less of them where the file ends
sub read_bytes {
    my ($path, $at, $count) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    seek $file, $at, 0 or die "seek: $!\n";
    read($file, my ($bytes), $count) // die "$path: $!\n";
    return $bytes;
}

# output_of PROGRAM, ARGUMENT...: what it writes, errors too; its status is in $?.
sub output_of { return run(\*STDOUT, @_) }

# As output_of, without its errors.
sub silent {
    open my $nothing, '>', '/dev/null' or die "/dev/null: $!\n";
    return run($nothing, @_);
}

sub run {
    my ($errors, @command) = @_;
    my $pid = open(my $from, '-|') // die "fork: $!\n";
    if ($pid == 0) {
        open STDIN,  '<',  '/dev/null';
        open STDERR, '>&', $errors;
        exec { $command[0] } @command;
        exit 127;
    }
    local $/;
    my $said = <$from> // '';
    close $from;
    return $said;
}

1;
