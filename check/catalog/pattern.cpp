#include "check/catalog/pattern.hpp"

namespace dynascale::check {

Pattern::Pattern(std::string_view expression) : form_{std::make_shared<Form>()} {
  form_->expression = expression;
}

const std::regex& Pattern::compiled() const {
  std::call_once(form_->once, [&form = *form_] {
    std::string_view expression = form.expression;
    auto flags = std::regex::ECMAScript | std::regex::optimize;
    if (expression.starts_with("(?i)")) {
      expression.remove_prefix(4);
      flags |= std::regex::icase;
    }
    form.regex.emplace(expression.begin(), expression.end(), flags);
  });
  return *form_->regex;
}

}  // namespace dynascale::check
