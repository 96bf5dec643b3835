#pragma once
#include <string>

#include "check/model/finding.hpp"
#include "core/model/result.hpp"

/// The envelope as the command line gives it.

namespace dynascale::check {

/// "1:8" and "1G:16G". Errors: `invalid_argument` naming the option and what it expects.
[[nodiscard]] Result<Envelope> parse_envelope(const std::string& cpus, const std::string& memory);

}  // namespace dynascale::check
