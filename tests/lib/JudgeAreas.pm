# SPDX-License-Identifier: GPL-2.0-or-later
# The judge's part for swap, and for a squashfs with OpenWrt's overlay behind it.
#
# A swap area is compared byte by byte; what its header has to be, mkswap says of a file of the same size. A squashfs is
# compared byte by byte up to its overlay, which is copied out and judged as a file system by itself.
package JudgeAreas;
use strict;
use warnings;
use Digest::SHA;
use Exporter     qw(import);
use JudgeTools   qw(read_bytes output_of silent);
use JudgeMounted qw(files_in_machine identity);

our @EXPORT_OK = qw(swap_superblock swap_files swap_check swap_filled overlay_at copy_overlay squashfs_files);

use constant {
    LAST_PAGE_AT    => 1028,     # mkswap's union swap_header: version, last_page
    HEADER_AT       => 1024,
    OVERLAY_ALIGNED => 65536,    # fstools: rootdisk.c
};

# The checksum of the bytes of the file in these ranges: [from, to]
sub sum_of {
    my ($path, @ranges) = @_;
    my $sum = Digest::SHA->new(256);
    for (@ranges) {
        my ($at, $to) = @$_;
        while ($at < $to) {
            my $bytes = read_bytes($path, $at, $to - $at < 1 << 20 ? $to - $at : 1 << 20);
            last if $bytes eq '';
            $sum->add($bytes);
            $at += length $bytes;
        }
    }
    return $sum->hexdigest . "\n";
}

# --- swap --------------------------------------------------------------

sub swap_superblock {
    my ($path) = @_;
    return identity($path) . silent('swaplabel', $path);
}

# The area as large as it was, but for the number of its last page.
sub swap_files {
    my ($ask) = @_;
    return sum_of($ask->{path}, [0, LAST_PAGE_AT], [LAST_PAGE_AT + 4, $ask->{bytes_before}]);
}

sub page_bytes {
    my ($path) = @_;
    for (4096, 8192, 16384, 32768, 65536) { return $_ if read_bytes($path, $_ - 10, 10) eq 'SWAPSPACE2' }
    return 4096;
}

sub last_page { return unpack 'V', read_bytes($_[0], LAST_PAGE_AT, 4) }

# A swap area of the same size, page size, UUID and label by mkswap.
sub swap_by_mkswap {
    my ($path) = @_;
    my $native = "$path.native";
    open my $file, '>', $native or die "$native: $!\n";
    truncate $file, -s $path or die "$native: $!\n";
    close $file;
    my %is = map { $_ => silent('blkid', '-p', '-o', 'value', '-s', $_, $path) =~ s/\n//r } qw(UUID LABEL);
    output_of('mkswap', '-p', page_bytes($path), '-U', $is{UUID}, $is{LABEL} ne '' ? ('-L', $is{LABEL}) : (), $native);
    return $native;
}

# The command that compares the headers.
sub swap_check {
    my ($path) = @_;
    return ('cmp', '-i', HEADER_AT, '-n', page_bytes($path) - HEADER_AT, $path, swap_by_mkswap($path));
}

sub swap_filled {
    my ($path) = @_;
    my ($has, $wanted) = (last_page($path), last_page(swap_by_mkswap($path)));
    return if $has == $wanted;
    return "the last page is $has, not $wanted";
}

# --- squashfs ----------------------------------------------------------

# Where OpenWrt has the overlay: squashfs_fs.h has bytes_used at 40.
sub overlay_at {
    my ($path) = @_;
    my $used = unpack 'Q<', read_bytes($path, 40, 8);
    return int(($used + OVERLAY_ALIGNED - 1) / OVERLAY_ALIGNED) * OVERLAY_ALIGNED;
}

# A copy of it; its name.
sub copy_overlay {
    my ($path) = @_;
    my $copy = "$path.overlay";
    system('dd', "if=$path", "of=$copy", 'bs=64K', 'iflag=skip_bytes', 'skip=' . overlay_at($path), 'conv=sparse', 'status=none') == 0
        or exit 2;
    truncate $copy, (-s $path) - overlay_at($path) or die "$copy: $!\n";
    return $copy;
}

# The squashfs itself, and the files of its overlay, if it has one.
sub squashfs_files {
    my ($ask, $has_overlay) = @_;
    my $at = overlay_at($ask->{path});
    return sum_of($ask->{path}, [0, $at]) . ($has_overlay ? files_in_machine($ask, 'noatime', $at) : '');
}

1;
