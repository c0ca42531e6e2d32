# SPDX-License-Identifier: GPL-2.0-or-later
# The judge's kinds of file systems. kind_of (a file, or a word of blkid) gives:
#   name         blkid's word
#   is_ext       can its programs read it within a disk (FILE?offset=BYTES)?
#   superblock   path -> what of it must stay, as text
#   files        {path, disk, target, work, bytes_before} -> each file of it: what it is, its contents or target, as text
#   has_files    what such a text must have, to be one
#   check        path -> the command of its own check, which must not write; an empty list: there is none
#   filled       path, bytes of the partition, a copy from before or undef -> a complaint, or nothing
package JudgeFs;
use strict;
use warnings;
use Exporter     qw(import);
use JudgeTools   qw(silent);
use JudgeExt     qw(ext_superblock ext_files ext_filled);
use JudgeMounted qw(files_in_machine xfs_superblock xfs_filled btrfs_superblock btrfs_filled f2fs_superblock f2fs_filled);
use JudgeAreas   qw(swap_superblock swap_files swap_check swap_filled copy_overlay squashfs_files);

our @EXPORT_OK = qw(kind_of);

my %kinds = (
    ext => {
        is_ext     => 1,
        superblock => \&ext_superblock,
        files      => \&ext_files,
        has_files  => qr/^Inode:/m,
        check      => sub { ('e2fsck', '-fn', @_) },
        filled     => \&ext_filled
    },
    xfs => {
        superblock => \&xfs_superblock,
        files      => sub { files_in_machine($_[0], 'noatime') },
        has_files  => qr/^\.\//m,
        check      => sub { ('xfs_repair', '-n', '-f', @_) },
        filled     => \&xfs_filled
    },
    btrfs => {
        superblock => \&btrfs_superblock,
        files      => sub { files_in_machine($_[0], 'noatime,subvolid=5') },
        has_files  => qr/^\.\//m,
        check      => sub { ('btrfs', 'check', '--readonly', '--check-data-csum', @_) },
        filled     => \&btrfs_filled
    },
    f2fs => {
        superblock => \&f2fs_superblock,
        files      => sub { files_in_machine($_[0], 'noatime') },
        has_files  => qr/^\.\//m,
        check      => sub { ('fsck.f2fs', '--dry-run', @_) },
        filled     => \&f2fs_filled
    },
    swap => {
        superblock => \&swap_superblock,
        files      => \&swap_files,
        has_files  => qr/^[0-9a-f]{64}$/,
        check      => \&swap_check,
        filled     => \&swap_filled
    },
    squashfs => {
        superblock => sub { overlay($_[0], sub { my ($kind, $copy) = @_; $kind->{superblock}->($copy) }) // '' },
        files      => sub { squashfs_files($_[0], defined overlay($_[0]{path}, sub { 1 })) },
        has_files  => qr/^[0-9a-f]{64}$/m,
        check      => sub { @{ overlay($_[0], sub { my ($kind, $copy) = @_; [$kind->{check}->($copy)] }) // [] } },
        filled     => sub { overlay($_[0], sub { my ($kind, $copy) = @_; $kind->{filled}->($copy, -s $copy) }) }
    }
);

# Ask the kind of the overlay behind a squashfs about a copy of it; undef if there is none.
sub overlay {
    my ($path, $ask) = @_;
    my $copy = copy_overlay($path);
    my $kind = kind_of($copy);
    return $kind->{name} eq '' ? undef : $ask->($kind, $copy);
}

sub kind_of {
    my ($of) = @_;
    chomp($of = silent('blkid', '-p', '-o', 'value', '-s', 'TYPE', $of)) if $of =~ m{/};
    return { %{ $kinds{$of} // $kinds{ext} }, name => $of };
}

1;
