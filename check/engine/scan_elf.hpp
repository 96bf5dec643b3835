#pragma once
/// Programs and libraries in the scanned tree: what they import says what they may ask for. An import is no
/// use: everything here is a note.

#include <string>
#include <string_view>

#include "check/engine/matchers.hpp"
#include "check/engine/scan.hpp"

namespace dynascale::check {

/// One finding a rule, naming every import that it lists. A file that cannot be read becomes DSC904.
void scan_elf(const std::string& path, const std::string& relative, std::string_view image,
              const Matchers& matchers, ScanReport& report);

}  // namespace dynascale::check
