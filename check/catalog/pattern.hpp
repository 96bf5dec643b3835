#pragma once
/// A regular expression of a rule, compiled when it is first asked: most runs need few of the hundreds that
/// the rules hold, and compiling all of them takes longer than a small scan. Thread-safe. Copies share the
/// compiled form.
///
/// ECMAScript; a leading `(?i)` ignores case. A broken expression throws std::regex_error from the first use;
/// the tests compile every pattern of every rule.

#include <memory>
#include <mutex>
#include <optional>
#include <regex>
#include <string>
#include <string_view>

namespace dynascale::check {

class Pattern {
 public:
  explicit Pattern(std::string_view expression);

  [[nodiscard]] bool occurs_in(const std::string& text) const { return std::regex_search(text, compiled()); }
  /// Where it occurs first, in `found`, which points into `text`.
  [[nodiscard]] bool find_in(const std::string& text, std::smatch& found) const {
    return std::regex_search(text, found, compiled());
  }
  [[nodiscard]] const std::regex& compiled() const;
  [[nodiscard]] const std::string& expression() const { return form_->expression; }

 private:
  struct Form {
    std::string expression;
    std::once_flag once;
    std::optional<std::regex> regex;
  };
  std::shared_ptr<Form> form_;
};

}  // namespace dynascale::check
