# SPDX-License-Identifier: GPL-2.0-or-later
# The checksum of a file that may be an image: a hole and zeroes count the same, and holes cost no time. It is the sha256 of
# the length and of all blocks that are not zero, with their places.
package Sum;
use strict;
use warnings;
use Digest::SHA;
use Exporter 'import';

our @EXPORT = qw(sum);

use constant { SEEK_DATA => 3, SEEK_HOLE => 4, BLOCK => 65536 };

# sum(FILE): of an open file, in hexadecimal; dies where it cannot be read.
sub sum {
    my ($file) = @_;
    my ($sum, $zeroes, $size) = (Digest::SHA->new(256), "\0" x BLOCK, -s $file);
    $sum->add("$size\n");
    my $end = 0;
    while ($end < $size) {
        my $at = sysseek($file, $end, SEEK_DATA) // last;    # from there on it is a hole
        $end = sysseek($file, $at, SEEK_HOLE) // die "no end of the data: $!\n";
        $at -= $at % BLOCK;
        sysseek $file, $at, 0;
        for (; $at < $end; $at += BLOCK) {
            my $got = sysread($file, my ($bytes), BLOCK) // die "read: $!\n";
            last if $got == 0;
            $sum->add("$at\n", $bytes) if $bytes ne substr $zeroes, 0, $got;
        }
        $end = $at if $end < $at;
    }
    return $sum->hexdigest;
}

1;
