# SPDX-License-Identifier: GPL-2.0-or-later
# The judge's part for ext2, ext3 and ext4: debugfs and dumpe2fs read them, also within a disk (FILE?offset=BYTES).
package JudgeExt;
use strict;
use warnings;
use Digest::SHA;
use Exporter   qw(import);
use File::Path qw(remove_tree);
use JudgeTools qw(write_file output_of);

our @EXPORT_OK = qw(ext_superblock ext_files ext_filled);

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

1;
