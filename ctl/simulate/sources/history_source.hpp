#pragma once
/// Load of one guest from hostd's history.

#include <filesystem>

#include "ctl/simulate/sources/record.hpp"

namespace dynascale::simulate {

/// Reads a private copy of `file`, so hostd may run meanwhile. A step in which the load was known for less
/// than half of its length is missing. CPU is in percent of `vcpus`, or of the most vCPUs that the guest had
/// in the span where that is 0; memory in percent of the most memory that it had. Errors: those of
/// hostd::HistorySnapshot and HistoryStore::find; `invalid_argument` for a step that the history does not
/// keep; `not_found` where nothing of the guest is known in the span.
[[nodiscard]] Result<Record> read_history(const std::filesystem::path& file, const std::string& guest,
                                          const Span& span, int vcpus);

}  // namespace dynascale::simulate
