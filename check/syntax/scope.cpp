#include "check/syntax/scope.hpp"

#include "check/syntax/kinds.hpp"
#include "check/syntax/use.hpp"
#include "check/syntax/words.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

/// Down a C or C++ declarator to the name: `int *Type::name(args)`.
std::string declarator_name(const Syntax& tree, TSNode node) {
  for (int i = 0; i < 16; ++i) {
    const auto inner = field_of(node, "declarator");
    if (ts_node_is_null(inner)) break;
    node = inner;
  }
  const auto text = tree.text_of(node);
  return std::string{trim(text.substr(0, text.find('(')))};
}

bool is_constructor(const Syntax& tree, const Chain& chain, std::size_t depth, const std::string& name) {
  const auto type = type_of(chain[depth]);
  if (type == "constructor_declaration" || type == "secondary_constructor" ||
      type == "anonymous_initializer" || type == "static_initializer" ||
      type == "compact_constructor_declaration" || type == "class_static_block") {
    return true;
  }
  if (name == "__init__" || name == "__construct" || name == "__post_init__") return true;
  // Type::Type in C++, or a method named like its class.
  const auto last = last_component(name);
  if (name.size() > last.size() && name.size() >= last.size() * 2 + 2) {
    auto owner = std::string_view{name}.substr(0, name.size() - last.size() - 2);
    owner = owner.substr(0, owner.find('<'));
    if (last_component(owner) == last) return true;
  }
  for (std::size_t i = depth; i-- > 0;) {
    const auto kind = type_of(chain[i]);
    if (kind == "class_specifier" || kind == "struct_specifier") {
      return tree.text_of(field_of(chain[i], "name")) == name;
    }
  }
  return false;
}

bool is_endless_loop(const Syntax& tree, TSNode node) {
  const auto type = type_of(node);
  if (type == "loop_expression") return true;
  if (type == "while_statement" || type == "while") {
    const auto text = trim(tree.text_of(field_of(node, "condition")));
    const auto bare = !text.empty() && text.front() == '(' ? trim(text.substr(1, text.size() - 2)) : text;
    return bare == "true" || bare == "1" || bare == "True";
  }
  if (type == "for_statement" && (tree.language() == Language::go)) {
    const auto head = trim(tree.text_of(node).substr(3, 40));
    return !head.empty() && (head.front() == '{' || head.find("range") < 16);
  }
  return false;
}

bool is_timer(const Syntax& tree, TSNode node) {
  if (!is_call(type_of(node))) return false;
  const auto callee = callee_of(tree, node);
  const auto name = last_component(callee);
  return name == "setInterval" || name == "scheduleAtFixedRate" || name == "scheduleWithFixedDelay" ||
         name == "AfterFunc" || name == "interval";
}

bool marks_test(std::string_view attribute) {
  for (const std::string_view mark : {"cfg(test", "[test", "::test", "[bench", "cfg(all(test", "[rstest"}) {
    if (attribute.find(mark) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::string declared_name(const Syntax& tree, TSNode function) {
  const auto name = field_of(function, "name");
  if (!ts_node_is_null(name)) return std::string{tree.text_of(name)};
  if (!ts_node_is_null(field_of(function, "declarator"))) return declarator_name(tree, function);
  for (std::uint32_t i = 0; i < ts_node_named_child_count(function); ++i) {
    const auto child = ts_node_named_child(function, i);
    if (type_of(child) == "simple_identifier") return std::string{tree.text_of(child)};
  }
  return {};
}

bool is_inline_test(const Syntax& tree, const Chain& chain) {
  if (tree.language() != Language::rust) return false;
  for (const auto node : chain) {
    const auto type = type_of(node);
    if (type != "mod_item" && type != "function_item") continue;
    // Attributes are the siblings before.
    for (auto before = ts_node_prev_named_sibling(node); !ts_node_is_null(before);
         before = ts_node_prev_named_sibling(before)) {
      const auto kind = type_of(before);
      if (kind == "attribute_item" && marks_test(tree.text_of(before))) return true;
      if (kind != "attribute_item" && !is_comment(kind)) break;
    }
  }
  return false;
}

Scope scope_of(const Syntax& tree, const Chain& chain) {
  Scope scope;
  for (std::size_t i = chain.size(); i-- > 0;) {
    const auto type = type_of(chain[i]);
    scope.repeats = scope.repeats || is_endless_loop(tree, chain[i]) || is_timer(tree, chain[i]);
    if (role_of_node(type) != NodeRole::function) continue;
    if (type == "class_static_block") continue;
    scope.depth = i;
    scope.function = declared_name(tree, chain[i]);
    if (is_constructor(tree, chain, i, scope.function))
      scope.kind = ScopeKind::startup;
    else if (says_refresh(last_component(scope.function)))
      scope.kind = ScopeKind::refresh;
    else if (says_startup(last_component(scope.function)))
      scope.kind = ScopeKind::startup;
    else
      scope.kind = ScopeKind::other;
    return scope;
  }
  return scope;
}

}  // namespace dynascale::check
