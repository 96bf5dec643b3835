#pragma once
/// Settings and command lines against the rules; shared by every scanner that meets them.

#include "check/config/setting.hpp"
#include "check/engine/collector.hpp"
#include "check/engine/matchers.hpp"

namespace dynascale::check {

void match_setting(const FileContext& context, const Matchers& matchers, const Setting& setting,
                   Collector& out);
/// Command lines of build tools and of reporting are passed over.
void match_command(const FileContext& context, const Matchers& matchers, const CommandText& command,
                   Collector& out);
/// The JVM's heap flags of one command line or options file: DSC401 when floor and ceiling are the same size
/// in whatever spelling, else DSC303 on a fixed ceiling. The last flag wins, as in the JVM.
void match_heap(const FileContext& context, const Matchers& matchers, const CommandText& command,
                Collector& out);

/// A cap below a quarter of the envelope's largest memory is a warning, else a note.
[[nodiscard]] Level level_of_cap(std::uint64_t bytes, const Envelope& envelope);

[[nodiscard]] bool is_build_program(std::string_view program);
[[nodiscard]] bool is_reporting_program(std::string_view program);

}  // namespace dynascale::check
