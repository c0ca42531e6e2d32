# SPDX-License-Identifier: GPL-2.0-or-later
# The document of packaging/sbom, by the specification SPDX 2.3.

def id: "SPDXRef-" + gsub("[^A-Za-z0-9.-]+"; "-");
def part_id: "Package-\(.)" | id;
def file_id: "File-\(.place)-\(.path)" | id;
def relation($from; $type; $to): {spdxElementId: $from, relationshipType: $type, relatedSpdxElement: $to};

($contents[0]) as $parts | ($licences[0]) as $licences |
[$parts[].part] as $names |
{
	spdxVersion: "SPDX-2.3",
	dataLicense: "CC0-1.0",
	SPDXID: "SPDXRef-DOCUMENT",
	name: "grow-disk-\($version)",
	documentNamespace: "https://spdx.org/spdxdocs/grow-disk-\($version)-\($id)",
	creationInfo: {created: $created, creators: ["Organization: grow-disk", "Tool: packaging/sbom"]},
	packages: ([{
		SPDXID: ("grow-disk" | part_id), name: "grow-disk", versionInfo: $version, downloadLocation: "NOASSERTION",
		filesAnalyzed: false, licenseConcluded: "GPL-2.0-or-later", licenseDeclared: "GPL-2.0-or-later",
		copyrightText: "NOASSERTION", primaryPackagePurpose: "APPLICATION"
	}] + [$parts[] | {
		SPDXID: (.part | part_id), name: .source, versionInfo: .source_version,
		downloadLocation: "NOASSERTION",
		sourceInfo: "Debian source package \(.source) \(.source_version)\(if .kind == "source" then "" else ", by the package \(.package) \(.version)" end)",
		supplier: "Organization: Debian", filesAnalyzed: false,
		licenseConcluded: ($licences[.source] // error("NOTICE has no licence of \(.source)")),
		licenseDeclared: $licences[.source], copyrightText: "NOASSERTION",
		externalRefs: [{
			referenceCategory: "PACKAGE-MANAGER", referenceType: "purl",
			referenceLocator: "pkg:deb/debian/\(.source | @uri)@\(.source_version | @uri)?arch=source"
		}]
	}]),
	files: [$files[] | {
		SPDXID: file_id, fileName: (if .place == "." then "." else "./\(.place)" end + .path),
		checksums: [{algorithm: "SHA1", checksumValue: .sha1}, {algorithm: "SHA256", checksumValue: .sha256}],
		licenseConcluded: "NOASSERTION", copyrightText: "NOASSERTION"
	}],
	relationships: (
		[relation("SPDXRef-DOCUMENT"; "DESCRIBES"; "grow-disk" | part_id)]
		+ [$parts[] | relation("grow-disk" | part_id; "CONTAINS"; .part | part_id)]
		+ [$parts[] | .part as $library | .in[] | select(. as $in | $names | index($in)) | relation(part_id; "STATIC_LINK"; $library | part_id)]
		+ [$parts[] | .part as $library | select(.in | index("agent", "native")) | relation("grow-disk" | part_id; "STATIC_LINK"; $library | part_id)]
		+ [$files[] | relation(file_id; "GENERATED_FROM"; .part | part_id)]
	)
}
