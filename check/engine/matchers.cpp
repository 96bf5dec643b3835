#include "check/engine/matchers.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "check/syntax/words.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

std::string with_dots(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == ':' && i + 1 < name.size() && name[i + 1] == ':')
      ++i, out.push_back('.');
    else
      out.push_back(name[i]);
  }
  return out;
}

}  // namespace

Matchers::Matchers(const Catalog& catalog) : catalog_{catalog} {
  std::array<std::map<std::string, std::vector<SourceEntry>>, language_count> by_word;
  std::set<std::string> command_words{"-Xmx"};  // For match_heap, which no pattern of a rule can say.
  for (const auto& rule : catalog.rules()) {
    for (const auto& match : rule.sources) {
      for (const auto& name : match.names) {
        const auto dotted = with_dots(name);
        // A path in a string is its own keyword; of a qualified name the last component is.
        const std::string word{match.in_string ? std::string_view{name} : last_component(dotted)};
        for (const auto language : match.languages) {
          by_word[static_cast<std::size_t>(language)][word].push_back(
              {&rule, &match, match.in_string ? name : dotted});
        }
      }
    }
    for (const auto& match : rule.commands) {
      commands_.push_back({&rule, &match});
      command_words.insert(match.keywords.begin(), match.keywords.end());
    }
    for (const auto& match : rule.settings) {
      const bool environment =
          std::find(match.files.begin(), match.files.end(), ConfigKind::environment) != match.files.end();
      for (const auto& key : match.keys) {
        if (key.find('*') != std::string::npos)
          setting_globs_.emplace_back(lower(key), SettingEntry{&rule, &match});
        else
          settings_[lower(key)].push_back({&rule, &match});
        if (environment && key.find('*') == std::string::npos) command_words.insert(key + "=");
      }
    }
  }
  for (std::size_t i = 0; i < language_count; ++i) {
    std::vector<std::string> words;
    for (auto& [word, entries] : by_word[i]) {
      words.push_back(word);
      languages_[i].entries.push_back(std::move(entries));
    }
    languages_[i].keywords = std::make_unique<Keywords>(std::move(words));
  }
  std::set<std::string> telling{"memlock"};
  for (const auto& [key, entries] : settings_) {
    if (key.size() >= 8 && key.find_first_of("_.-") != std::string::npos) telling.insert(key);
  }
  setting_keywords_ = std::make_unique<Keywords>(std::vector<std::string>{telling.begin(), telling.end()});
  command_keywords_.assign(command_words.begin(), command_words.end());
}

std::vector<SettingEntry> Matchers::settings_for(std::string_view key) const {
  const auto name = lower(key);
  std::vector<SettingEntry> out;
  if (const auto found = settings_.find(name); found != settings_.end()) out = found->second;
  for (const auto& [glob, entry] : setting_globs_) {
    if (glob_match(glob, name)) out.push_back(entry);
  }
  return out;
}

const Rule* Matchers::rule_with_check(std::string_view name) const {
  const auto& rules = catalog_.rules();
  const auto found =
      std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.check == name; });
  return found == rules.end() ? nullptr : &*found;
}

}  // namespace dynascale::check
