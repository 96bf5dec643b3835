/// Uses of an answer that only tell: texts, streams, shares.

#include <cctype>

#include "check/syntax/kinds.hpp"
#include "check/syntax/use.hpp"
#include "check/syntax/words.hpp"

namespace dynascale::check {

bool is_ecmascript(Language language) {
  return language == Language::javascript || language == Language::typescript || language == Language::tsx;
}

bool joins_text(const Syntax& tree, TSNode parent) {
  const auto type = type_of(parent);
  if (type != "binary_expression" && type != "binary_operator" && type != "binary" && type != "additive_expression")
    return false;
  for (std::uint32_t i = 0; i < ts_node_named_child_count(parent); ++i) {
    const auto child = ts_node_named_child(parent, i);
    if (is_string(type_of(child)) && tree.text_of(child).find_first_of(" :=") != std::string_view::npos) return true;
  }
  return false;
}

bool is_measure(const Syntax& tree, TSNode parent, TSNode node) {
  const auto type = type_of(parent);
  const auto after = tree.text().substr(ts_node_end_byte(node), 16);
  if (type == "subscript_expression") return is_ecmascript(tree.language()) && after.substr(0, 1) == "[";
  if (tree.language() == Language::python && type == "attribute") {
    return after.substr(0, 8) == ".percent" || after.substr(0, 10) == ".available" || after.substr(0, 5) == ".used" ||
           after.substr(0, 5) == ".free";
  }
  const auto left = field_of(parent, "left");
  if (ts_node_is_null(left) || contains(left, node)) return false;
  const auto between = tree.text().substr(ts_node_end_byte(left), ts_node_start_byte(node) - ts_node_end_byte(left));
  return between.find('/') != std::string_view::npos && says_measure(tree.text_of(left).substr(0, 200));
}

bool is_stream_output(const Syntax& tree, TSNode binary, TSNode node) {
  if (tree.language() != Language::cpp && tree.language() != Language::ruby) return false;
  const auto left = field_of(binary, "left");
  if (ts_node_is_null(left) || contains(left, node)) return false;
  const auto text = tree.text_of(left);
  const auto between =
      tree.text().substr(ts_node_end_byte(left), ts_node_start_byte(node) - ts_node_end_byte(left));
  return between.find("<<") != std::string_view::npos && !text.empty() &&
         std::isdigit(static_cast<unsigned char>(text.front())) == 0;
}

}  // namespace dynascale::check
