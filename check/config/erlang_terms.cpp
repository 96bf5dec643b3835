/// Erlang terms as RabbitMQ's rabbitmq.config and advanced.config hold them: `[{rabbit, [{key, value}, …]}].`
/// Every tuple that begins with an atom is a setting; inner ones have the outer names as their section.

#include <cctype>

#include "check/config/setting.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

constexpr std::size_t deepest = 64;
constexpr std::size_t longest_value = 200;

class TermReader {
 public:
  explicit TermReader(std::string_view text) : text_{text}, lines_{text} {}

  ConfigText read() {
    while (at_ < text_.size()) step();
    return std::move(out_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '%') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == '"' || c == '\'') {
      skip_quoted(c);
    } else if (c == '{' && names_.size() < deepest) {
      open_tuple();
    } else {
      if (c == '}' && !names_.empty()) names_.pop_back();
      ++at_;
    }
  }

  void skip_quoted(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  [[nodiscard]] std::string_view atom() {
    at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
    const auto begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_'))
      ++at_;
    return text_.substr(begin, at_ - begin);
  }

  void open_tuple() {
    const auto begin = at_++;
    const auto name = atom();
    const auto comma = text_.find_first_not_of(" \t\r\n", at_);
    if (!name.empty() && comma != std::string_view::npos && text_[comma] == ',') {
      const auto rest = text_.substr(comma + 1, longest_value);
      const auto value = trim(rest.substr(0, rest.find_first_of(",}]{[\n")));
      if (!value.empty()) {
        out_.settings.push_back({ConfigKind::erlang_args, section(), std::string{name},
                                 std::string{unquote(value)}, lines_.line_of(begin)});
      }
    }
    names_.emplace_back(name);
  }

  [[nodiscard]] std::string section() const {
    std::string out;
    for (const auto& name : names_) out += (out.empty() ? "" : ".") + std::string{name};
    return out;
  }

  std::string_view text_;
  Lines lines_;
  std::size_t at_ = 0;
  std::vector<std::string_view> names_;
  ConfigText out_;
};

}  // namespace

ConfigText read_erlang_terms(std::string_view text) {
  return TermReader{text}.read();
}

}  // namespace dynascale::check
