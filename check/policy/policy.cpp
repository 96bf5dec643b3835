#include "check/policy/policy.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <toml++/toml.h>

#include <algorithm>
#include <ctime>
#include <filesystem>

#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

constexpr std::string_view default_file = ".dynascale.toml";

Result<Ignore> read_ignore(const toml::table& table, const std::string& file, const Catalog& catalog) {
  Ignore ignore;
  ignore.line = table.source().begin.line;
  for (const auto& [key, value] : table) {
    const auto text = value.value<std::string>();
    const std::string_view name = key.str();
    if (!text)
      return fail(Errc::corrupt,
                  fmt::format("{}:{}: {}: expected a string", file, value.source().begin.line, name));
    if (name == "rule")
      ignore.rule = *text;
    else if (name == "path")
      ignore.path = *text;
    else if (name == "reason")
      ignore.reason = *text;
    else if (name == "until")
      ignore.until = *text;
    else
      return fail(Errc::corrupt, fmt::format("{}:{}: unknown key '{}': expected rule, path, reason or until",
                                             file, value.source().begin.line, name));
  }
  if (!ignore.rule.empty()) {
    const auto* rule = catalog.find(ignore.rule);
    if (rule == nullptr)
      return fail(Errc::corrupt, fmt::format("{}:{}: rule: no rule '{}'", file, ignore.line, ignore.rule));
    ignore.rule = rule->id;
  }
  return ignore;
}

bool covers(const Ignore& ignore, const Finding& finding, const std::string& today) {
  if (!ignore.until.empty() && ignore.until < today) return false;
  if (!ignore.rule.empty() && ignore.rule != finding.rule) return false;
  return ignore.path.empty() || glob_match(ignore.path, finding.path) ||
         glob_match("*/" + ignore.path, finding.path);
}

}  // namespace

Result<Policy> load_policy(const std::string& path, const Catalog& catalog) {
  Policy policy;
  policy.file = path.empty() ? std::string{default_file} : path;
  std::error_code error;
  if (!std::filesystem::exists(policy.file, error)) {
    if (path.empty()) return policy;
    return fail(Errc::not_found, fmt::format("{}: no such settings file", path));
  }
  toml::table root;
  try {
    root = toml::parse_file(policy.file);
  } catch (const toml::parse_error& broken) {
    return fail(Errc::corrupt,
                fmt::format("{}:{}: {}", policy.file, broken.source().begin.line, broken.description()));
  }
  for (const auto& [key, value] : root) {
    const std::string_view name = key.str();
    if (name == "exclude" && value.is_array()) {
      for (const auto& item : *value.as_array()) policy.excludes.push_back(item.value_or(std::string{}));
    } else if (name == "ignore" && value.is_array_of_tables()) {
      for (const auto& item : *value.as_array()) {
        auto ignore = read_ignore(*item.as_table(), policy.file, catalog);
        if (!ignore) return fail(ignore.error().code, ignore.error().what);
        policy.ignores.push_back(std::move(*ignore));
      }
    } else {
      return fail(Errc::corrupt, fmt::format("{}:{}: unknown key '{}': expected exclude or [[ignore]]",
                                             policy.file, value.source().begin.line, name));
    }
  }
  return policy;
}

void apply_policy(const Policy& policy, ScanReport& report) {
  apply_policy(policy, report, fmt::format("{:%Y-%m-%d}", fmt::localtime(std::time(nullptr))));
}

void apply_policy(const Policy& policy, ScanReport& report, const std::string& today) {
  for (const auto& ignore : policy.ignores) {
    const auto before = report.findings.size();
    std::erase_if(report.findings, [&](const Finding& finding) { return covers(ignore, finding, today); });
    const bool expired = !ignore.until.empty() && ignore.until < today;
    if (ignore.reason.empty()) {
      report.incidents.push_back(
          {"DSC901", policy.file, ignore.line, "this ignore gives no reason", Level::note});
    }
    if (expired) {
      report.incidents.push_back(
          {"DSC902", policy.file, ignore.line, "this ignore ended on " + ignore.until, Level::note});
    } else if (before == report.findings.size()) {
      report.incidents.push_back(
          {"DSC902", policy.file, ignore.line, "this ignore covers nothing", Level::note});
    }
  }
}

}  // namespace dynascale::check
