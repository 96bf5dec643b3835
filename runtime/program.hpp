#pragma once
/// What the main functions of the daemons share.

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/config/host_config.hpp"
#include "core/config/problem.hpp"
#include "runtime/files.hpp"
#include "runtime/log.hpp"

namespace dynascale {

inline constexpr int exit_usage = 2;

/// A configuration file as the command line names it.
struct ConfigFile {
  std::string path;
  bool named = false;  ///< By the user: then it must exist. Without a file at the default place the defaults hold.
};

/// Reads and parses `file`; on failure prints every error to standard error and returns nothing. `parse` takes the text
/// and the path and returns `config::Checked`.
template <class Parse>
auto load_config(std::string_view program, const ConfigFile& file, const Files& files, Parse parse)
    -> std::optional<decltype(parse(std::string{}, file.path).value)> {
  const auto text = files.read(std::filesystem::absolute(file.path).string());
  if (!text && (file.named || text.error().code != Errc::not_found)) {
    fmt::print(stderr, "{}: {}\n", program, text.error().what);
    return std::nullopt;
  }
  auto parsed = parse(text ? *text : std::string{}, file.path);
  if (parsed.ok()) return std::move(parsed.value);
  fmt::print(stderr, "{}\n", config::to_string(parsed.problems));
  return std::nullopt;
}

/// The log's level as configured.
[[nodiscard]] LogLevel log_level(config::LogLevel level);

}  // namespace dynascale
