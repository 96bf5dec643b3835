#include <algorithm>
#include <array>

#include "check/syntax/kinds.hpp"
#include "check/syntax/use.hpp"

namespace dynascale::check {
namespace {

constexpr auto import_types =
    std::to_array<std::string_view>({"import_statement",     "import_from_statement",
                                     "import_declaration",   "use_declaration",
                                     "using_directive",      "using_declaration",
                                     "import_spec",          "import_header",
                                     "import_clause",        "namespace_use_declaration",
                                     "preproc_include",      "preproc_def",
                                     "preproc_function_def", "preproc_call",
                                     "import_list",          "package_header",
                                     "export_specifier",     "extern_crate_declaration",
                                     "preproc_undef",        "alias_declaration"});

bool is_import(std::string_view type) {
  return std::find(import_types.begin(), import_types.end(), type) != import_types.end();
}

/// Whether the leaf is the name that a function-like node or a C declarator introduces.
bool is_declared(const Chain& chain) {
  const auto leaf = chain.back();
  for (std::size_t i = chain.size() - 1; i-- > 0;) {
    const auto type = type_of(chain[i]);
    const auto role = role_of_node(type);
    if (role == NodeRole::function) {
      const auto name = field_of(chain[i], "name");
      return !ts_node_is_null(name) && contains(name, leaf);
    }
    if (type == "function_declarator") {
      const auto name = field_of(chain[i], "declarator");
      return !ts_node_is_null(name) && contains(name, leaf);
    }
    if (type == "parameter_declaration" || type == "formal_parameter" || type == "method_spec" ||
        type == "function_signature_item" || type == "method_signature" || type == "function_signature" ||
        type == "macro_definition" || type == "method_elem") {
      return true;
    }
    if (role == NodeRole::block || role == NodeRole::call || role == NodeRole::statement) return false;
  }
  return false;
}

/// Python: `field(default_factory=os.cpu_count)` asks, without parentheses.
bool is_factory(const Syntax& tree, const Chain& chain) {
  for (std::size_t i = chain.size() - 1; i-- > 0;) {
    const auto type = type_of(chain[i]);
    if (type == "keyword_argument") return tree.text_of(field_of(chain[i], "name")) == "default_factory";
    if (type != "attribute") return false;
  }
  return false;
}

}  // namespace

bool is_in_comment(const Chain& chain) {
  return std::any_of(chain.begin(), chain.end(), [](TSNode node) { return is_comment(type_of(node)); });
}

bool is_in_string(const Chain& chain) {
  const auto leaf = type_of(chain.back());
  if (is_string(leaf) || leaf == "\"" || leaf == "'") return true;
  return chain.size() > 1 && is_string(type_of(chain[chain.size() - 2])) && !is_identifier(leaf);
}

bool is_name_in_use(const Syntax& tree, const Chain& chain) {
  if (!is_identifier(type_of(chain.back()))) return false;
  for (const auto node : chain) {
    const auto type = type_of(node);
    if (is_comment(type) || is_import(type)) return false;
  }
  // `#if defined(NAME)`: asks the compiler, not the machine.
  for (std::size_t i = chain.size() - 1; i-- > 0;) {
    const auto type = type_of(chain[i]);
    if (type == "preproc_defined") return false;
    if (type == "preproc_ifdef" && contains(field_of(chain[i], "name"), chain.back())) return false;
    if (type == "preproc_if" || type == "preproc_elif") {
      const auto condition = field_of(chain[i], "condition");
      if (!ts_node_is_null(condition) && contains(condition, chain.back())) return false;
    }
  }
  return constructed_variable(tree, chain) != 0 || !is_declared(chain);
}

bool is_asked(const Syntax& tree, const Chain& chain, std::size_t from) {
  switch (tree.language()) {
    case Language::csharp:
    case Language::ruby:
    case Language::javascript:
    case Language::typescript:
    case Language::tsx:
      return true;
    default:
      break;
  }
  if (is_call_of_leaf(tree, chain, from) || constructed_variable(tree, chain) != 0) return true;
  if (is_factory(tree, chain)) return true;
  const auto begin = ts_node_start_byte(chain.back());
  return begin >= 2 && tree.text().substr(begin - 2, 2) == "::" && !is_call(type_of(chain[from]));
}

bool ends_with_function(const Syntax& tree, const Chain& chain) {
  if (tree.language() != Language::python) return false;
  for (std::size_t i = chain.size(); i-- > 0;) {
    const auto type = type_of(chain[i]);
    if (type == "with_item" || type == "with_clause") return true;
    if (role_of_node(type) != NodeRole::function) continue;
    const auto text = tree.text_of(chain[i]);
    return text.find(".shutdown(") != std::string_view::npos ||
           (text.find("with ") != std::string_view::npos && text.find("Executor(") != std::string_view::npos);
  }
  return false;
}

}  // namespace dynascale::check
