#include "check/ask/truth.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "check/engine/evidence.hpp"
#include "check/engine/match.hpp"

namespace dynascale::check {
namespace {

std::string plain_key(std::string_view key) {
  auto out = lower(key);
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

bool is_server_section(const Setting& setting) {
  const auto section = lower(setting.section);
  return section.empty() || section == "server" || section.rfind("mysqld", 0) == 0 ||
         section.rfind("mariadb", 0) == 0;
}

/// The keys of the findings' lines, of files of that kind.
std::map<std::pair<std::string, std::uint32_t>, std::string> keys_by_place(const ScanReport& report,
                                                                          ConfigKind kind) {
  std::map<std::pair<std::string, std::uint32_t>, std::string> keys;
  for (const auto& file : report.configs) {
    if (file.kind != kind) continue;
    for (const auto& setting : file.settings) {
      if (is_server_section(setting)) keys[{file.path, setting.line}] = plain_key(setting.key);
    }
  }
  return keys;
}

/// What the rules say of the running values, one line a setting.
std::vector<Finding> judge_answer(const ServerAnswer& answer, const std::string& path, const Envelope& envelope,
                                  const Matchers& matchers) {
  std::string text;
  for (const auto& setting : answer.settings) text += setting.key + " = " + printable(setting.value, 200) + "\n";
  Evidence evidence{path, answer.source, std::move(text), envelope};
  std::uint32_t line = 0;
  for (const auto& setting : answer.settings) {
    const std::string section = answer.kind == ConfigKind::mysql ? "mysqld" : "";
    match_setting(evidence.context(), matchers, {answer.kind, section, setting.key, setting.value, ++line},
                  evidence.collector());
  }
  ScanReport judged;
  evidence.finish(judged, {});
  return std::move(judged.findings);
}

}  // namespace

void apply_truth(const ServerAnswer& answer, const std::string& label, const Envelope& envelope,
                 const Matchers& matchers, ScanReport& report) {
  std::map<std::string, const ServerSetting*> told;
  for (const auto& setting : answer.settings) told.emplace(plain_key(setting.key), &setting);
  auto running = judge_answer(answer, fmt::format("{}/{}", label, answer.source), envelope, matchers);
  const auto keys = keys_by_place(report, answer.kind);
  std::erase_if(report.findings, [&](Finding& finding) {
    const auto key = keys.find({finding.path, finding.line});
    if (key == keys.end()) return false;
    const auto setting = told.find(key->second);
    if (setting == told.end()) return false;
    const auto same = std::find_if(running.begin(), running.end(), [&](const Finding& other) {
      return other.rule == finding.rule && &answer.settings[other.line - 1] == setting->second;
    });
    if (same == running.end()) return true;
    finding.message += fmt::format(" ({} says {})", answer.source, printable(setting->second->value, 60));
    if (setting->second->change != Adaptation::unknown) finding.grow = finding.shrink = setting->second->change;
    running.erase(same);
    return false;
  });
  for (auto& finding : running) {
    const auto& setting = answer.settings[finding.line - 1];
    if (!setting.given) continue;
    if (setting.change != Adaptation::unknown) finding.grow = finding.shrink = setting.change;
    finding.component = label;
    report.findings.push_back(std::move(finding));
  }
}

}  // namespace dynascale::check
