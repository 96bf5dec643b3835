#include "check/syntax/use.hpp"

#include <cctype>

#include "check/syntax/kinds.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {

TSNode find_arguments(TSNode call) {
  auto node = field_of(call, "arguments");
  if (!ts_node_is_null(node)) return node;
  const auto count = ts_node_named_child_count(call);
  for (std::uint32_t i = count; i-- > 0;) {
    node = ts_node_named_child(call, i);
    const auto type = type_of(node);
    if (type == "call_suffix" || type == "argument_list" || type == "arguments" || type == "token_tree" ||
        type == "value_arguments") {
      return node;
    }
  }
  return TSNode{};
}

std::size_t constructed_variable(const Syntax& tree, const Chain& chain) {
  if (tree.language() != Language::cpp || chain.size() < 4) return 0;
  const auto after = trim(tree.text().substr(ts_node_end_byte(chain.back()), 8));
  if (after.substr(0, 1) != "(") return 0;
  bool parameter = false;
  for (std::size_t i = chain.size() - 1; i-- > 1;) {
    const auto type = type_of(chain[i]);
    parameter = parameter || type == "parameter_declaration";
    if (type == "declaration") return parameter && type_of(chain[i - 1]) == "compound_statement" ? i : 0;
    if (type == "compound_statement" || type == "lambda_expression" || type == "function_definition") return 0;
  }
  return 0;
}

bool in_arguments(TSNode call, TSNode node) {
  const auto arguments = find_arguments(call);
  return !ts_node_is_null(arguments) && contains(arguments, node);
}

bool is_call(std::string_view type) {
  return role_of_node(type) == NodeRole::call;
}

std::string callee_of(const Syntax& tree, TSNode call) {
  const auto arguments = find_arguments(call);
  const auto method = field_of(call, "method");  // Ruby: a block may follow it in place of arguments.
  const auto begin = ts_node_start_byte(call);
  const auto end = !ts_node_is_null(arguments) ? ts_node_start_byte(arguments)
                   : ts_node_is_null(method)   ? ts_node_end_byte(call)
                                               : ts_node_end_byte(method);
  auto text = trim(tree.text().substr(begin, end - begin));
  if (text.substr(0, 4) == "new ") text.remove_prefix(4);
  if (text.size() > 200) text.remove_prefix(text.size() - 200);
  // `static_cast<int>`, `make_unique<Pool>`: the template's name is the callee.
  if (!text.empty() && text.back() == '>' && text.find('<') != std::string_view::npos)
    text = text.substr(0, text.find('<'));
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if ((c == ':' && next == ':') || (c == '-' && next == '>') || (c == '?' && next == '.')) {
      out.push_back('.');
      ++i;
    } else if (c == '\\') {
      out.push_back('.');
    } else if (std::isspace(static_cast<unsigned char>(c)) == 0 && c != '!') {
      out.push_back(c);
    }
  }
  return out;
}

bool is_call_of_leaf(const Syntax& tree, const Chain& chain, std::size_t at) {
  if (!is_call(type_of(chain[at]))) return false;
  const auto callee = callee_of(tree, chain[at]);
  const auto dot = callee.find_last_of(".:>");
  return std::string_view{callee}.substr(dot == std::string::npos ? 0 : dot + 1) == tree.text_of(chain.back());
}

std::string_view arguments_of(const Syntax& tree, TSNode call) {
  return tree.text_of(find_arguments(call));
}

std::size_t question_depth(const Syntax& tree, const Chain& chain, bool as_argument) {
  (void)tree;
  std::size_t i = chain.size() - 1;
  for (; i > 0; --i) {
    const auto parent = chain[i - 1];
    const auto role = role_of_node(type_of(parent));
    if (role == NodeRole::call) {
      if (as_argument || !in_arguments(parent, chain[i])) return i - 1;
      break;
    }
    const auto type = type_of(parent);
    const bool list = type == "argument_list" || type == "arguments" || type == "value_arguments" ||
                      type == "value_argument" || type == "argument" || type == "call_suffix" ||
                      (as_argument && (role == NodeRole::pass || role == NodeRole::text));
    if (role == NodeRole::member || (as_argument && list)) continue;
    break;
  }
  return i;
}

}  // namespace dynascale::check
