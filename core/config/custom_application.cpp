#include "core/config/custom_application.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

namespace dynascale::config {
namespace {

constexpr std::array<std::string_view, 4> known{"${value}", "${cpus}", "${memory_bytes}", "${pid}"};

/// The first placeholder in `text` that is none of ours.
std::string unknown_placeholder(const std::string& text) {
  for (auto at = text.find("${"); at != std::string::npos; at = text.find("${", at + 1)) {
    bool found = false;
    for (const auto name : known) found = found || text.compare(at, name.size(), name) == 0;
    if (!found) return text.substr(at, 24);
  }
  return {};
}

class TableChecker {
 public:
  TableChecker(std::string path, std::string source, std::vector<Problem>& problems)
      : path_{std::move(path)}, source_{std::move(source)}, problems_{problems} {}

  void problem(std::string_view key, std::string what) {
    problems_.push_back(
        {.file = source_, .line = 0, .column = 0, .key = path_ + std::string{key}, .what = std::move(what)});
  }
  void command(std::string_view key, const std::vector<std::string>& argv) {
    if (argv.empty() || !argv.front().starts_with('/'))
      problem(key, "must be a list that begins with the full path of a program");
    for (const auto& word : argv)
      if (const auto wrong = unknown_placeholder(word); !wrong.empty())
        problem(key, fmt::format("'{}' is no placeholder; there are ${{value}}, ${{cpus}}, ${{memory_bytes}} and "
                                 "${{pid}}", wrong));
  }

 private:
  std::string path_;
  std::string source_;
  std::vector<Problem>& problems_;
};

}  // namespace

std::string expand(const std::string& text, const Placeholders& values) {
  const std::array<const std::string*, 4> replacements{&values.value, &values.cpus, &values.memory_bytes, &values.pid};
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t index = 0;
    while (index < known.size() && text.compare(at, known[index].size(), known[index]) != 0) ++index;
    if (index == known.size()) {
      result += text[at++];
    } else {
      result += *replacements[index];
      at += known[index].size();
    }
  }
  return result;
}

void check(const ApplicationSettings& settings, const std::string& path, const std::string& source,
           std::vector<Problem>& problems) {
  TableChecker checker{path, source, problems};
  if (settings.memory_min && settings.memory_max && *settings.memory_max < *settings.memory_min)
    checker.problem("memory_min", fmt::format("must not be above {}memory_max", path));
  if (settings.kind == CustomKind::none) return;
  if (settings.executable.empty()) checker.problem("executable", "must name the application's program");
  if (settings.max < settings.min) checker.problem("min", fmt::format("must not be above {}max", path));
  if (settings.kind == CustomKind::exec) {
    checker.command("verify", settings.verify);
    checker.command("grow", settings.grow);
    checker.command("shrink", settings.shrink);
    if (!settings.usage.empty()) checker.command("usage", settings.usage);
    if (!settings.metrics.empty()) checker.command("metrics", settings.metrics);
    return;
  }
  if (settings.follows != Follows::cpus) checker.problem("follows", "must be \"cpus\" for kind = \"signal\"");
  if (!settings.usage.empty()) checker.problem("usage", "is for kind = \"exec\" only");
  if (!settings.metrics.empty()) checker.problem("metrics", "is for kind = \"exec\" only");
  if (settings.grow_signal == settings.shrink_signal)
    checker.problem("grow_signal", fmt::format("must be another than {}shrink_signal", path));
}

}  // namespace dynascale::config
