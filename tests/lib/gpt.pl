#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
# gpt.pl: GPT tables that no tool makes, and a judge of every byte around a grown partition.
#
#   gpt.pl make DISK KEY=VALUE... N:START:SECTORS...   write a GPT into the disk, which has its size
#       sector=512 count=128 entry=128 header=92       sizes in bytes; count: of entries
#       entries_lba=2 first=34                         where the primary entries are; the first usable sector
#       backup=end|none|LBA                            where the backup's header is
#       pmbr=alone|hybrid|second                       the first sector
#   gpt.pl check BEFORE AFTER N [SECTOR]               does AFTER have exactly what a grow of partition N makes of BEFORE?
#   gpt.pl field DISK NAME [SECTOR]                    of the header, the primary's if it is whole: alternate, last, first
use strict;
use warnings;
use Compress::Raw::Zlib qw(crc32);

use constant {
    PART_TYPE => pack('H*', 'af3dc60f838472478e793d69d8477de4'),    # Linux
    DISK_GUID => pack('H*', '11111111222233334444555555555555'),
    GRAIN     => 4096,
    CHUNK     => 1 << 20,
};

sub get {
    my ($file, $at, $size) = @_;
    seek $file, $at, 0 or die "seek: $!\n";
    my $got = read($file, my $bytes, $size) // die "read: $!\n";
    return $bytes . "\0" x ($size - $got);
}

sub put {
    my ($file, $at, $bytes) = @_;
    seek $file, $at, 0 or die "seek: $!\n";
    print $file $bytes or die "write: $!\n";
}

sub sealed {
    my ($header) = @_;
    substr $header, 16, 4, "\0" x 4;
    my $size = unpack 'V', substr $header, 12, 4;
    substr $header, 16, 4, pack 'V', crc32(substr $header, 0, $size);
    return $header;
}

sub sectors_of { my ($bytes, $sector) = @_; return int(($bytes + $sector - 1) / $sector) }

sub min { my ($a, $b) = @_; return $a < $b ? $a : $b }

sub first_sector {
    my ($kind, $sectors) = @_;
    my $protective = pack 'C4C4VV', 0x80, 0, 2, 0, 0xee, 0xab, 0xcd, 0xef, 1, min($sectors - 1, 0xffffffff);
    my $other      = pack 'C4C4VV', 0,    1, 2, 3, 0x0c, 4,    5,    6,    2048, 100;
    my $none       = "\0" x 16;
    my $slots =
          $kind eq 'hybrid' ? $other . pack('C4C4VV', 0, 0, 2, 0, 0xee, 1, 2, 3, 1, 33) . $none x 2
        : $kind eq 'second' ? $none . $protective . $none x 2
        :                     $protective . $none x 3;
    return ('boot code ' x 44) . "\x01\x02\x03\x04\0\0" . $slots . "\x55\xaa";
}

sub make {
    my ($path, @words) = @_;
    my %is = (
        sector => 512, count => 128, entry => 128, header => 92, entries_lba => 2, first => 34, backup => 'end', pmbr => 'alone'
    );
    my @parts;
    for (@words) {
        if   (/^(\w+)=(\w+)$/) { $is{$1} = $2 }
        else                   { push @parts, [split /:/] }
    }
    open my $disk, '+<', $path or die "$path: $!\n";
    my $sectors = (-s $disk) / $is{sector};
    my $size    = $is{count} * $is{entry};
    my $tail    = sectors_of($size, $is{sector});
    my $at      = $is{backup} eq 'end' || $is{backup} eq 'none' ? $sectors - 1 : $is{backup};
    my $last    = $is{backup} eq 'none' ? $sectors - 1 : $at - $tail - 1;
    my $entries = "\0" x $size;
    for (@parts) {
        my ($number, $start, $length) = @$_;
        my $name = pack 'v*', unpack 'C*', "part $number";
        substr $entries, ($number - 1) * $is{entry}, $is{entry},
            pack "a16 a16 Q< Q< Q< a72 a@{[$is{entry} - 128]}", PART_TYPE, sprintf('partition %06d', $number), $start,
            $start + $length - 1, 4, $name, 'vendor';
    }
    my $header = sub {
        my ($mine, $other, $entries_lba) = @_;
        my $fields = pack 'a8 V4 Q<4 a16 Q< V3', 'EFI PART', 0x10000, $is{header}, 0, 0, $mine, $other, $is{first}, $last, DISK_GUID,
            $entries_lba, $is{count}, $is{entry}, crc32($entries);
        return sealed($fields . 'V' x ($is{sector} - length $fields));
    };
    put($disk, 0, first_sector($is{pmbr}, $sectors));
    put($disk, $is{sector}, $header->(1, $at, $is{entries_lba}));
    put($disk, $is{entries_lba} * $is{sector}, $entries);
    return if $is{backup} eq 'none';
    put($disk, ($at - $tail) * $is{sector}, $entries);
    put($disk, $at * $is{sector}, $header->($at, 1, $at - $tail));
}

# The copy whose header is there: header sector and entries; nothing if it is not whole.
sub copy_at {
    my ($disk, $lba, $sector) = @_;
    my $header = get($disk, $lba * $sector, $sector);
    my ($at, $count, $size) = unpack 'Q<VV', substr $header, 72, 16;
    return if substr($header, 0, 8) ne 'EFI PART' || sealed($header) ne $header;
    my $entries = get($disk, $at * $sector, $count * $size);
    return if crc32($entries) != unpack 'V', substr $header, 88, 4;
    return ($header, $entries, $at, $size);
}

# What becomes of the first sector.
sub first_sector_after {
    my ($bytes, $sectors) = @_;
    my @used = grep { ord substr($bytes, 446 + 16 * $_ + 4, 1) } 0 .. 3;
    my $at   = 446 + 16 * $used[0] + 12;
    substr $bytes, $at, 4, pack 'V', min($sectors - 1, 0xffffffff)
        if @used == 1 && substr($bytes, $at, 4) ne "\xff" x 4;
    return $bytes;
}

sub check {
    my ($before_path, $after_path, $target, $sector) = @_;
    $sector ||= 512;
    open my $before, '<', $before_path or die "$before_path: $!\n";
    open my $after,  '<', $after_path  or die "$after_path: $!\n";
    my $sectors = (-s $after) / $sector;
    my ($header, $entries, $entries_lba, $size) = copy_at($before, 1, $sector);
    if (!$header) {    # made anew from the backup
        ($header, $entries, undef, $size) = copy_at($before, (-s $before) / $sector - 1, $sector);
        die "BEFORE has no GPT\n" if !$header;
        $entries_lba = 2;
        substr $header, 24, 8, pack 'Q<', 1;
        substr $header, 72, 8, pack 'Q<', $entries_lba;
    }
    my $tail = sectors_of(length $entries, $sector);
    my $last = $sectors - $tail - 2;
    my $at   = ($target - 1) * $size;
    my ($start, $end) = unpack 'Q<Q<', substr $entries, $at + 32, 16;
    my $room_end = $last + 1;
    for (my $i = 0; $i < length $entries; $i += $size) {
        my $other = unpack 'Q<', substr $entries, $i + 32, 8;
        $room_end = $other if $other > $start && $other < $room_end && substr($entries, $i, 16) ne "\0" x 16;
    }
    my $room = ($room_end - $start) * $sector;
    my $length = int($room / GRAIN) * GRAIN / $sector;
    $length = $end + 1 - $start if $length < $end + 1 - $start;
    substr $entries, $at + 40, 8, pack 'Q<', $start + $length - 1;

    substr $header, 32, 8, pack 'Q<', $sectors - 1;
    substr $header, 48, 8, pack 'Q<', $last;
    substr $header, 88, 4, pack 'V',  crc32($entries);
    my $backup = $header;
    substr $backup, 24, 16, pack 'Q<Q<', $sectors - 1, 1;
    substr $backup, 72, 8,  pack 'Q<',   $last + 1;

    my @wanted = (
        ['the first sector', 0, first_sector_after(get($before, 0, 512), $sectors)],
        ['the primary header', $sector, sealed($header)],
        ['the primary entries', $entries_lba * $sector, $entries],
        ['the target', $start * $sector, $length * $sector],
        ['the backup entries', ($last + 1) * $sector, $entries . "\0" x ($tail * $sector - length $entries)],
        ['the backup header', ($sectors - 1) * $sector, sealed($backup)],
    );
    my ($bad, $done) = (0, 0);
    for my $zone (@wanted, ['the end', $sectors * $sector, '']) {
        my ($name, $from, $bytes) = @$zone;
        while ($done < $from) {
            my $length = min($from - $done, CHUNK);
            next if get($before, $done, $length) eq get($after, $done, $length);
            print "bytes before $name changed\n";
            $bad = 1;
        } continue { $done += min($from - $done, CHUNK) }
        if ($name eq 'the target') { $done = $from + $bytes; next }
        $done = $from + length $bytes;
        next if get($after, $from, length $bytes) eq $bytes;
        print "$name is not what it should be\n";
        $bad = 1;
    }
    exit $bad;
}

sub field {
    my ($path, $name, $sector) = @_;
    my %at = (alternate => 32, first => 40, last => 48, entries_lba => 72);
    $sector ||= 512;
    open my $disk, '<', $path or die "$path: $!\n";
    my ($header) = copy_at($disk, 1, $sector);
    ($header) = copy_at($disk, (-s $disk) / $sector - 1, $sector) if !$header;
    print unpack('Q<', substr $header, $at{$name}, 8), "\n";
}

my %verbs = (make => \&make, check => \&check, field => \&field);
my $verb  = $verbs{ shift // '' } or die "usage: see the top of $0\n";
$verb->(@ARGV);
