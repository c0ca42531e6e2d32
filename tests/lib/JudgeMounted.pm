# SPDX-License-Identifier: GPL-2.0-or-later
# The judge's part for xfs, btrfs and f2fs. Superblocks are read by xfs_db, btrfs and blkid, on the host. Files are read by
# the kernel of a machine (rescue-disk), which mounts for reading: no program reads the files of an xfs without one.
package JudgeMounted;
use strict;
use warnings;
use Cwd            qw(realpath);
use Exporter       qw(import);
use File::Basename qw(dirname);
use File::Path     qw(make_path);
use JudgeTools     qw(read_bytes output_of silent);

our @EXPORT_OK =
    qw(files_in_machine identity xfs_superblock xfs_filled btrfs_superblock btrfs_filled f2fs_superblock f2fs_filled);

my $here = dirname(realpath(__FILE__));

# Read as an ordinary mount finds them: options, partition, where in it the file system begins. Few programs: each start
# costs an emulated machine a long time.
my $list = <<'END';
device=/dev/sda$2
[ "$3" = 0 ] || { losetup -f >/dev/null; losetup -o "$3" /dev/loop0 "$device"; device=/dev/loop0; }
mkdir -p /mnt/target && mount -o "$1" "$device" /mnt/target && cd /mnt/target || exit 1
find . -type f -exec sha256sum {} +
find . ! -type d -exec stat -c '%N %f %u %g %Y %s' {} +
find . -type d -exec stat -c '%N %f %u %g %Y' {} +
END

sub files_in_machine {
    my ($ask, $options, $offset_bytes) = @_;
    make_path("$ask->{work}/tmp");
    local $ENV{TMPDIR}              = "$ask->{work}/tmp";
    local $ENV{GROW_DISK_GUEST_DIR} = $ENV{BUILD};
    my $rescue_disk = $ENV{RESCUE_DISK} // "$here/../../hostscripts/rescue-disk";
    my $said        = output_of(
        $rescue_disk, '--quiet', '--format', 'raw', '--accel', 'tcg', $ask->{disk}, '--', 'sh', '-c', $list, 'sh', $options, $ask->{target},
        $offset_bytes // 0
    );
    die "the files cannot be read: $said" if $?;
    return join '', sort split /^/, $said;
}

sub xfs_values {
    my ($path) = @_;
    return { output_of('xfs_db', '-r', '-c', 'sb 0', '-c', 'p', $path) =~ /^(\w+) = (.*)/mg };
}

sub xfs_superblock {
    my ($path) = @_;
    return output_of(
        'xfs_db', '-r', '-c', 'sb 0', '-c', 'p uuid fname blocksize agblocks sectsize inodesize logstart logblocks qflags imax_pct',
        '-c', 'version', $path
    );
}

# A last group of less than 64 blocks does not count.
sub xfs_filled {
    my ($path, $bytes) = @_;
    my $is   = xfs_values($path);
    my $fit  = int($bytes / $is->{blocksize});
    my $last = $fit % $is->{agblocks};
    $fit -= $last if $last < 64;
    return if $is->{dblocks} == $fit;
    return "the file system has $is->{dblocks} blocks, not $fit";
}

sub btrfs_superblock {
    my ($path) = @_;
    return join '', grep { /^(csum_type|fsid|label|num_devices|sectorsize|nodesize|incompat_flags|dev_item.uuid)/ }
        split /^/, output_of('btrfs', 'inspect-internal', 'dump-super', '-f', $path);
}

sub btrfs_filled {
    my ($path, $bytes) = @_;
    my ($has) = output_of('btrfs', 'inspect-internal', 'dump-super', $path) =~ /^dev_item\.total_bytes\s+([0-9]+)/m;
    my $fit = $bytes - $bytes % 4096;
    return if defined $has && $has == $fit;
    return 'the file system has ' . ($has // 'no') . " bytes, not $fit";
}

# What blkid tells of it.
sub identity {
    my ($path) = @_;
    return silent('blkid', '-p', '-o', 'export', '-s', 'TYPE', '-s', 'LABEL', '-s', 'UUID', '-s', 'VERSION', $path) =~ s/^DEVNAME=.*\n//mr;
}

# With the superblock's features (f2fs_fs.h: at 2180).
sub f2fs_superblock {
    my ($path) = @_;
    return identity($path) . unpack('H*', read_bytes($path, 1024 + 2180, 4)) . "\n";
}

# f2fs_fs.h: block_count is at 36.
sub f2fs_filled {
    my ($path, $bytes) = @_;
    my ($blocks, $fit) = (unpack('Q<', read_bytes($path, 1024 + 36, 8)), int($bytes / 4096));
    return if $blocks == $fit;
    return "the file system has $blocks blocks, not $fit";
}

1;
