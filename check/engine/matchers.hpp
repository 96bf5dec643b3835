#pragma once
/// The rules turned inside out: from a keyword to the rules that care about it. Built once, read by all
/// threads.

#include <array>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "check/catalog/catalog.hpp"
#include "check/text/keywords.hpp"

namespace dynascale::check {

struct SourceEntry {
  const Rule* rule;
  const SourceMatch* match;
  std::string name;  ///< The whole qualified name, separators as '.'.
};

struct CommandEntry {
  const Rule* rule;
  const CommandMatch* match;
};

struct SettingEntry {
  const Rule* rule;
  const SettingMatch* match;
};

/// The keywords of one language and what each may mean. The catalog must outlive it.
struct LanguageIndex {
  std::unique_ptr<Keywords> keywords;
  std::vector<std::vector<SourceEntry>> entries;  ///< By keyword index.
};

class Matchers {
 public:
  explicit Matchers(const Catalog& catalog);

  [[nodiscard]] const LanguageIndex& language(Language language) const {
    return languages_[static_cast<std::size_t>(language)];
  }
  /// Parts that a command or an environment entry must contain to be worth a look.
  [[nodiscard]] const std::vector<std::string>& command_keywords() const { return command_keywords_; }
  /// Names of settings that say by themselves whose they are, also where a script writes them.
  [[nodiscard]] const Keywords& setting_keywords() const { return *setting_keywords_; }
  [[nodiscard]] const std::vector<CommandEntry>& commands() const { return commands_; }
  /// The matches that name `key` (any case), exactly or by a glob.
  [[nodiscard]] std::vector<SettingEntry> settings_for(std::string_view key) const;
  [[nodiscard]] const Catalog& catalog() const { return catalog_; }
  /// The rule whose file says `check = name`; null when none does.
  [[nodiscard]] const Rule* rule_with_check(std::string_view name) const;

 private:
  std::array<LanguageIndex, language_count> languages_;
  const Catalog& catalog_;
  std::vector<std::string> command_keywords_;
  std::unique_ptr<Keywords> setting_keywords_;
  std::vector<CommandEntry> commands_;
  std::unordered_map<std::string, std::vector<SettingEntry>> settings_;
  std::vector<std::pair<std::string, SettingEntry>> setting_globs_;
};

}  // namespace dynascale::check
