#pragma once
/// One file of a configuration that may span several: its settings, and the files that it asks for.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "check/config/setting.hpp"

namespace dynascale::check {

struct Include {
  std::string pattern;  ///< As written, a folder completed to `FOLDER/*.conf`; `*` in any part of the last name.
  std::uint32_t line = 0;
};

struct ConfigFile {
  std::string path;
  ConfigKind kind = ConfigKind::none;
  std::vector<Setting> settings;   ///< In the order of the file.
  std::vector<Include> includes;   ///< Likewise; those that the format implies (drop-ins, overrides) come last.
};

/// Whether files of that kind include others, or stand in an order with others.
[[nodiscard]] bool spans_files(ConfigKind kind);

/// Bounded: what lies beyond 8192 settings or 256 includes is passed over.
[[nodiscard]] ConfigFile config_file(std::string path, ConfigKind kind, std::string_view text);

}  // namespace dynascale::check
