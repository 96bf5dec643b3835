#pragma once
/// Audits this machine, or a mounted image of one, as a guest that is to be resized. Reads only.

#include <string>

#include "check/catalog/catalog.hpp"
#include "check/engine/matchers.hpp"
#include "check/engine/scan.hpp"

namespace dynascale::check {

/// `root` is "/" or the folder where an image is mounted. What could not be read and would have mattered
/// becomes an incident DSC903.
[[nodiscard]] ScanReport audit_guest(const std::string& root, const Envelope& envelope,
                                     const Catalog& catalog, const Matchers& matchers);

}  // namespace dynascale::check
