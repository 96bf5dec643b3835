/// Names that are given a number, or a share of the memory, while the program starts.

#include <fmt/format.h>

#include <algorithm>

#include "check/syntax/kinds.hpp"
#include "check/syntax/scope.hpp"
#include "check/syntax/use.hpp"
#include "check/syntax/verdict.hpp"
#include "check/syntax/words.hpp"
#include "check/text/lines.hpp"
#include "check/text/size.hpp"

namespace dynascale::check {
namespace {

/// Whether an expression is a share of a memory size: a factor or divisor, and a name that speaks of memory.
bool is_share_of_memory(std::string_view value) {
  if (value.find_first_of("*/") == std::string_view::npos || value.size() > 200) return false;
  if (std::none_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
  for (const auto& word : words_of(value)) {
    if (word == "available" || word == "avail" || word == "total" || word == "ram" || word == "phys" ||
        word == "physical")
      return true;
  }
  return false;
}

/// `4`, or the default of a variable: `int(os.environ.get("WORKERS", "4"))`, `env("WORKERS") || 4`.
std::optional<std::uint64_t> literal_of(std::string_view value) {
  if (const auto number = parse_number(value)) return number;
  if (value.size() > 200 || !says_environment(value)) return std::nullopt;
  const auto end = value.find_last_of("0123456789");
  if (end == std::string_view::npos) return std::nullopt;
  const auto begin = value.find_last_not_of("0123456789", end) + 1;
  const auto before = trim(value.substr(0, value.find_last_not_of(" \"'", begin == 0 ? 0 : begin - 1) + 1));
  const char mark = before.empty() ? '\0' : before.back();
  if (mark != ',' && mark != '|' && mark != '?' && mark != 'r') return std::nullopt;  // `or` in Python.
  return parse_number(value.substr(begin, end + 1 - begin));
}

/// Rust: `#[tokio::main(worker_threads = 4)]`; inside of an attribute the grammar sees tokens only.
std::optional<std::string> judge_tokens(const Syntax& tree, TSNode leaf) {
  const auto after = trim(tree.text().substr(ts_node_end_byte(leaf), 40));
  if (after.substr(0, 1) != "=") return std::nullopt;
  const auto value = trim(after.substr(1));
  const auto number = parse_number(value.substr(0, value.find_first_not_of("0123456789")));
  return number && *number >= 2 ? std::optional<std::string>{fmt::format("fixed at {}", *number)} : std::nullopt;
}

}  // namespace

/// `name = 4`, or `name = 0.8 * available`, in a function that runs at start, or at module level.
std::optional<std::string> judge_assigned(const Syntax& tree, const Chain& chain, const SourceMatch& match) {
  for (std::size_t i = chain.size() - 1; i-- > 0;) {
    if (type_of(chain[i]) == "attribute_item" && !match.value) return judge_tokens(tree, chain.back());
    const auto role = role_of_node(type_of(chain[i]));
    if (role == NodeRole::member || role == NodeRole::pass || role == NodeRole::text) continue;
    if (role != NodeRole::assignment && role != NodeRole::key) return std::nullopt;
    auto value = field_of(chain[i], "right");
    if (ts_node_is_null(value)) value = field_of(chain[i], "value");
    if (ts_node_is_null(value)) value = field_of(chain[i], "default_value");
    // PHP's 'key' => value has no field names.
    if (ts_node_is_null(value) && ts_node_named_child_count(chain[i]) == 2)
      value = ts_node_named_child(chain[i], 1);
    if (ts_node_is_null(value) || contains(value, chain.back())) return std::nullopt;
    if (!is_startup(scope_of(tree, chain))) return std::nullopt;
    if (match.value) {
      const std::string text{trim(tree.text_of(value)).substr(0, 200)};
      return match.value->occurs_in(text) ? std::optional<std::string>{fmt::format("set to {}", text)} : std::nullopt;
    }
    if (match.use == Use::derived) {
      return is_share_of_memory(tree.text_of(value)) ? std::optional<std::string>{"a share of the memory at start"}
                                                     : std::nullopt;
    }
    const auto number = literal_of(tree.text_of(value));
    if (!number || *number < 2) return std::nullopt;
    return fmt::format("fixed at {}", *number);
  }
  return std::nullopt;
}

}  // namespace dynascale::check
