# SPDX-License-Identifier: GPL-2.0-or-later
# A GPT as the guest that is played grows it (tests/host/fake-guest): right, or with one field forged and all checksums
# right again, or with only a part of it written.
package FakeGpt;
use strict;
use warnings;
use Compress::Raw::Zlib qw(crc32);
use Exporter 'import';

our @EXPORT = qw(is_gpt gpt_read gpt_room gpt_pieces);

sub is_gpt { my ($first_sector) = @_; return grep { substr($first_sector, 450 + 16 * $_, 1) eq "\xee" } 0 .. 3; }

sub guid {
    my ($bytes) = @_;
    my ($a, $b, $c, $d, $e) = unpack 'VvvH4H12', $bytes;
    return sprintf '%08X-%04X-%04X-%s-%s', $a, $b, $c, uc $d, uc $e;
}

# READ->(AT, BYTES) reads the disk. Returns the table, with its entries by number.
sub gpt_read {
    my ($read, $sector) = @_;
    my %gpt = (sector => $sector, mbr => $read->(0, 512), header => $read->($sector, $sector), parts => {});
    @gpt{qw(entries_lba count size)} = unpack 'x72QVV', $gpt{header};
    $gpt{entries} = $read->($gpt{entries_lba} * $sector, $gpt{count} * $gpt{size});
    $gpt{id} = guid(substr $gpt{header}, 56, 16);
    for my $number (1 .. $gpt{count}) {
        my $entry = substr $gpt{entries}, ($number - 1) * $gpt{size}, $gpt{size};
        next if $entry =~ /^\0{16}/;
        my ($first, $last) = unpack 'x32QQ', $entry;
        $gpt{parts}{$number} = {
            start => $first, sectors => $last - $first + 1,
            fields => sprintf '"type_guid":"%s","uuid":"%s","name":"","bootable":false',
            map { guid(substr $entry, $_, 16) } 0, 16
        };
    }
    $gpt{tail} = 1 + int(($gpt{count} * $gpt{size} + $sector - 1) / $sector);
    return \%gpt;
}

# What the last partition gets on a disk of so many sectors.
sub gpt_room {
    my ($gpt, $part, $disk_sectors) = @_;
    my $room = $disk_sectors - $gpt->{tail} - $part->{start};
    return $room - $room % (4096 / $gpt->{sector});
}

sub seal {
    my ($header) = @_;
    substr $$header, 16, 4, "\0\0\0\0";
    substr $$header, 16, 4, pack 'V', crc32(substr $$header, 0, unpack 'x12V', $$header);
}

# The pieces that a grow writes: name => [place, bytes]. FORGE, "WHERE:PLACE:HEX", puts these bytes into the header of
# "primary", "backup" or "both", the target's "entry" or the whole "array" of both copies, or the "mbr".
sub gpt_pieces {
    my ($gpt, $target, $sectors, $disk_sectors, $forge) = @_;
    my ($where, $place, $hex) = split /:/, $forge // '';
    my $forged = sub {
        my ($bytes, $at) = @_;
        substr $$bytes, $place + ($at // 0), length($hex) / 2, pack 'H*', $hex;
    };
    my ($mbr, $entries, $header, $last) = (@$gpt{qw(mbr entries header)}, $disk_sectors - 1);
    my ($backup_lba, $entry_at) = ($disk_sectors - $gpt->{tail}, ($target - 1) * $gpt->{size});
    substr $mbr, 458, 4, pack 'V', $last if unpack('x458V', $mbr) != 0xffffffff;
    substr $entries, $entry_at + 40, 8, pack 'Q', $gpt->{parts}{$target}{start} + $sectors - 1;
    if (my $moved = $gpt->{moved}) {
        my $at = ($moved->{number} - 1) * $gpt->{size};
        my $sectors = $gpt->{parts}{ $moved->{number} }{sectors};
        substr $entries, $at + 32, 16, pack 'QQ', $moved->{to}, $moved->{to} + $sectors - 1;
    }
    $where //= '';
    $forged->(\$mbr) if $where eq 'mbr';
    $forged->(\$entries, $where eq 'entry' ? $entry_at : 0) if $where eq 'entry' || $where eq 'array';
    substr $header, 32, 8, pack 'Q', $last;
    substr $header, 48, 8, pack 'Q', $backup_lba - 1;
    substr $header, 88, 4, pack 'V', crc32($entries);
    my $backup = $header;
    substr $backup, 24, 16, pack 'QQ', $last, 1;
    substr $backup, 72, 8, pack 'Q', $backup_lba;
    $forged->(\$header) if $where eq 'primary' || $where eq 'both';
    $forged->(\$backup) if $where eq 'backup' || $where eq 'both';
    seal(\$header);
    seal(\$backup);
    return (
        mbr => [0, $mbr, $gpt->{mbr}],
        primary => [$gpt->{sector}, $header, $gpt->{header}],
        entries => [$gpt->{entries_lba} * $gpt->{sector}, $entries, $gpt->{entries}],
        tail => [$backup_lba * $gpt->{sector}, $entries . "\0" x (($gpt->{tail} - 1) * $gpt->{sector} - length $entries) . $backup],
    );
}

1;
