# What a complete log has to say to a later run (all arguments are text).
{
  schema: 1,
  note: "A complete log of grow-disk belongs to this image. Running grow-disk --recover on the image finishes it.",
  version: $version,
  log_folder: (if $folder == "" then null else $folder end),
  log_key: (if $folder == "" then null else $key end),
  log_sha256: $log_sha256,
  format: $format,
  size_before_bytes: ($size_before | tonumber),
  size_after_bytes: ($size_after | tonumber),
  image_bytes: ($image_bytes | tonumber),
  image_time: $image_time,
  sector_sha256: [$sector_before, $sector_after],
  superblock_offset_bytes: ($superblock_at | tonumber),
  superblock_sha256: ([$superblock_before, $superblock_after] | map(split(" ")) | add),
  table_offset_bytes: ($table_at | tonumber),
  table_bytes: ($table_bytes | tonumber),
  complete: true
}
