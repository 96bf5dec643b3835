#pragma once
/// From configuration files to those that they include.

#include <functional>
#include <string>

#include "check/effective/resolve.hpp"
#include "check/engine/scan.hpp"

namespace dynascale::check {

/// Reads and judges the file at a path as one of that kind; an empty report when it cannot be read.
using ScanAs = std::function<ScanReport(const std::string& path, ConfigKind kind)>;

/// Judges again, as the including file's kind, each included file that was not taken for one of that kind: by its
/// name alone `workers.inc` is nothing. At most 512 files.
void follow_includes(const KnownPaths& known, ScanReport& report, const ScanAs& scan_as);

/// Adds what `from` found to `into`.
void merge(ScanReport& into, ScanReport&& from);

}  // namespace dynascale::check
