#pragma once
/// What a HotSpot JVM says of itself: its flags and its heap. Parsers are pure and bounded.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/units.hpp"

namespace dynascale::jvm {

struct Flag {
  std::string value;
  bool manageable = false;  ///< May be set while it runs.
  bool by_operator = false;  ///< From the command line, the environment or a file of options.
  bool operator==(const Flag&) const = default;
};
/// By name.
using Flags = std::map<std::string, Flag, std::less<>>;

/// The answer to "VM.flags -all"; lines of another form are passed over.
[[nodiscard]] Flags parse_flags(std::string_view text);
[[nodiscard]] std::optional<std::int64_t> number_of(const Flags& flags, std::string_view name);
/// The answer to "printflag NAME", "-XX:NAME=123".
[[nodiscard]] std::optional<std::int64_t> parse_flag(std::string_view text, std::string_view name);
[[nodiscard]] bool is_on(const Flags& flags, std::string_view name);
[[nodiscard]] bool is_manageable(const Flags& flags, std::string_view name);

enum class Collector { other, serial, parallel, g1, z, shenandoah };
[[nodiscard]] Collector collector_of(const Flags& flags);
[[nodiscard]] std::string_view to_string(Collector collector);

struct Heap {
  Bytes committed;
  Bytes used;  ///< With what is garbage already.
  bool operator==(const Heap&) const = default;
};
/// The answer to "GC.heap_info", which each collector words in its own way.
[[nodiscard]] std::optional<Heap> parse_heap(std::string_view text);

}  // namespace dynascale::jvm
