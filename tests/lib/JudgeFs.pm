# SPDX-License-Identifier: GPL-2.0-or-later
# The judge's part for each kind of file system. kind_of (a file, or a word of blkid) gives:
#   name         blkid's word
#   is_ext       can its programs read it within a disk (FILE?offset=BYTES)?
#   superblock   path -> what of it must stay, as text
#   files        {path, disk, target, work} -> each file of it: what it is, its contents or target, as text
#   has_files    what such a text must have, to be one
#   check        the command of its own check, without the path, which must not write
#   filled       path, bytes of the partition, a copy from before or undef -> a complaint, or nothing
#
# ext is read by debugfs and dumpe2fs; superblocks of the others by xfs_db and btrfs, on the host. Their files are read by
# the kernel of a machine (rescue-disk), which mounts for reading: no program reads the files of an xfs without one.
package JudgeFs;
use strict;
use warnings;
use Cwd qw(realpath);
use Digest::SHA;
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Path     qw(make_path remove_tree);

our @EXPORT_OK = qw(read_file write_file output_of silent kind_of);

my $here = dirname(realpath(__FILE__));

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

# --- ext2, ext3, ext4 --------------------------------------------------

sub ext_fields {
    my ($path) = @_;
    return { output_of('dumpe2fs', '-h', $path) =~ /^([A-Z][^:\n]*): *(.*)/mg };
}

sub ext_superblock {
    my $is = ext_fields(@_);
    return join '', map { "$_: $is->{$_}\n" }
        map { defined $is->{$_} ? $_ : () } 'Filesystem volume name', 'Filesystem UUID', 'Block size', 'Inode size', 'Blocks per group';
}

# sha256 or link target, then inode, mode, owner, size, links, time as debugfs tells them; of directories not size and
# flags, since any full e2fsck indexes those that have no index yet.
sub ext_files {
    my ($ask) = @_;
    my $out = "$ask->{work}/files";
    remove_tree($out);
    mkdir $out or die "$out: $!\n";
    output_of('debugfs', '-R', "rdump / \"$out\"", $ask->{path});
    my (@sums, @links, @names);
    walk($out, '', \@sums, \@links, \@names);
    write_file("$ask->{work}/stats", join '', map { "stat \"$_\"\n" } sort grep { !/"/ } @names);
    my $text = join '', sort(@sums), sort(@links), @names > 2 ? () : "there are no files in it\n";
    my $is_directory = 0;
    for (split /^/, output_of('debugfs', '-f', "$ask->{work}/stats", $ask->{path})) {
        $is_directory = /Type: directory/ if /^Inode:/;
        if    (/^debugfs: stat/ || /^ *mtime:/) { $text .= $_ }
        elsif (/^Inode:/)                       { $text .= $is_directory ? s/ Flags:.*//r : $_ }
        elsif (/^User:/)                        { $text .= $is_directory ? s/ Size:.*//r  : $_ }
        elsif (/^Links:/)                       { $text .= s/ Blockcount:.*//r }
    }
    remove_tree($out);
    return $text;
}

# walk ROOT, NAME below it: sums of files, targets of links, names of all
sub walk {
    my ($root, $name, $sums, $links, $names) = @_;
    my $path = "$root$name";
    push @$names, $name eq '' ? '/' : $name;
    if (-l $path) {
        push @$links, readlink($path) . "  .$name\n";
    } elsif (-d $path) {
        chmod 0700, $path;
        opendir my $folder, $path or die "$path: $!\n";
        walk($root, "$name/$_", $sums, $links, $names) for grep { $_ ne '.' && $_ ne '..' } readdir $folder;
    } elsif (-f $path) {
        chmod 0600, $path;
        push @$sums, Digest::SHA->new(256)->addfile($path, 'b')->hexdigest . "  .$name\n";
    }
}

# The rest of a partition holds no block, or native resize2fs left as much.
sub ext_filled {
    my ($path, $bytes, $old) = @_;
    my $is = ext_fields($path);
    my ($blocks, $block_bytes) = @{$is}{ 'Block count', 'Block size' };
    return 'there is no superblock' if !$block_bytes;
    my $rest = $bytes - $blocks * $block_bytes;
    return 'the file system is larger than its partition, by ' . -$rest . ' bytes' if $rest < 0;
    return if $rest < $block_bytes || !defined $old;
    truncate $old, $bytes or die "$old: $!\n";
    output_of('e2fsck', '-fy', $old);
    local $ENV{RESIZE2FS_FORCE_LAZY_ITABLE_INIT} = 1;
    output_of('resize2fs', $old, int($bytes / $block_bytes));
    my $native = ext_fields($old)->{'Block count'};
    return if $blocks == $native;
    return "$rest bytes of the partition are not filled: $blocks blocks of $block_bytes; native resize2fs makes $native";
}

# --- xfs and btrfs -----------------------------------------------------

# Read as an ordinary mount finds them.
my $list = <<'END';
mkdir -p /mnt/target && mount -o "$1" "/dev/sda$2" /mnt/target && cd /mnt/target || exit 1
find . -type f -exec sha256sum {} + | sort -k 2
find . | sort | while IFS= read -r name; do
	link=$(readlink "$name")
	case $(stat -c %F "$name") in directory) size=- ;; *) size=$(stat -c %s "$name") ;; esac
	echo "$name $(stat -c '%f %u %g %Y' "$name") $size $link"
done
END

sub files_in_machine {
    my ($ask, $options) = @_;
    make_path("$ask->{work}/tmp");
    local $ENV{TMPDIR}              = "$ask->{work}/tmp";
    local $ENV{GROW_DISK_GUEST_DIR} = $ENV{BUILD};
    my $rescue_disk = $ENV{RESCUE_DISK} // "$here/../../hostscripts/rescue-disk";
    my $said        = output_of(
        $rescue_disk, '--quiet', '--format', 'raw', '--accel', 'tcg', $ask->{disk}, '--', 'sh', '-c', $list, 'sh', $options, $ask->{target}
    );
    die "the files cannot be read: $said" if $?;
    return $said;
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

my %kinds = (
    ext => {
        is_ext     => 1,
        superblock => \&ext_superblock,
        files      => \&ext_files,
        has_files  => qr/^Inode:/m,
        check      => ['e2fsck', '-fn'],
        filled     => \&ext_filled
    },
    xfs => {
        superblock => \&xfs_superblock,
        files      => sub { files_in_machine($_[0], 'noatime') },
        has_files  => qr/^\.\//m,
        check      => ['xfs_repair', '-n', '-f'],
        filled     => \&xfs_filled
    },
    btrfs => {
        superblock => \&btrfs_superblock,
        files      => sub { files_in_machine($_[0], 'noatime,subvolid=5') },
        has_files  => qr/^\.\//m,
        check      => ['btrfs', 'check', '--readonly', '--check-data-csum'],
        filled     => \&btrfs_filled
    }
);

sub kind_of {
    my ($of) = @_;
    chomp($of = output_of('blkid', '-p', '-o', 'value', '-s', 'TYPE', $of)) if $of =~ m{/};
    return { %{ $kinds{$of} // $kinds{ext} }, name => $of };
}

1;
