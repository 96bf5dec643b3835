#include "check/syntax/kinds.hpp"

#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace dynascale::check {
namespace {

using Roles = std::unordered_map<std::string_view, NodeRole>;

using Types = std::initializer_list<std::string_view>;

/// Fills one part of the table.
class RoleTable {
 public:
  void add(NodeRole role, Types types) {
    for (const auto type : types) roles_.emplace(type, role);
  }
  [[nodiscard]] Roles take() { return std::move(roles_); }

 private:
  Roles roles_;
};

void add_expressions(RoleTable& table) {
  table.add(
      NodeRole::call,
      {"call_expression", "call", "method_invocation", "invocation_expression", "function_call_expression",
       "member_call_expression", "nullsafe_member_call_expression", "scoped_call_expression",
       "object_creation_expression", "new_expression", "macro_invocation", "explicit_constructor_invocation",
       "implicit_object_creation_expression", "constructor_invocation", "base_call", "method_call", "enum_constant"});
  table.add(NodeRole::member, {"member_expression",
                               "attribute",
                               "field_expression",
                               "selector_expression",
                               "scoped_identifier",
                               "qualified_identifier",
                               "member_access_expression",
                               "navigation_expression",
                               "navigation_suffix",
                               "scope_resolution",
                               "field_access",
                               "class_constant_access_expression",
                               "qualified_name",
                               "directly_assignable_expression",
                               "generic_function",
                               "template_function",
                               "conditional_access_expression",
                               "member_binding_expression",
                               "qualified_type",
                               "template_method",
                               "dependent_name"});
}

void add_statements(RoleTable& table) {
  table.add(NodeRole::assignment, {"assignment_expression",
                                   "assignment",
                                   "augmented_assignment",
                                   "augmented_assignment_expression",
                                   "assignment_statement",
                                   "init_declarator",
                                   "variable_declarator",
                                   "short_var_declaration",
                                   "var_spec",
                                   "const_spec",
                                   "let_declaration",
                                   "static_item",
                                   "const_item",
                                   "property_declaration",
                                   "operator_assignment",
                                   "const_element",
                                   "property_element",
                                   "field_declaration",
                                   "compound_assignment_expr",
                                   "named_expression",
                                   "public_field_definition",
                                   "field_definition",
                                   "static_variable_declaration",
                                   "field_initializer_list_item"});
  table.add(NodeRole::key, {"pair", "keyed_element", "field_initializer", "keyword_argument",
                            "initializer_pair", "array_element_initializer", "shorthand_field_initializer"});
  table.add(NodeRole::parameter,
            {"default_parameter", "typed_default_parameter", "optional_parameter_declaration",
             "required_parameter", "optional_parameter", "simple_parameter", "assignment_pattern",
             "parameter", "class_parameter", "keyword_parameter"});
  table.add(NodeRole::leave, {"return_statement", "return", "jump_expression", "yield_statement",
                              "arrow_expression_clause", "return_expression", "break_expression"});
  table.add(
      NodeRole::branch,
      {"if_statement", "while_statement", "switch_statement", "do_statement", "unless", "if", "elsif",
       "while", "until", "expression_switch_statement", "elif_clause", "if_modifier", "unless_modifier",
       "when_subject", "else_if_clause", "assert_statement", "if_expression", "while_expression", "case"});
  table.add(NodeRole::loop, {"for_statement", "for_in_statement", "for_range_loop", "for_clause",
                             "foreach_statement", "for_expression", "for", "enhanced_for_statement",
                             "range_clause", "for_in_clause", "for_each_statement"});
  table.add(NodeRole::text,
            {"interpolation", "template_substitution", "string", "template_string", "encapsed_string",
             "interpolated_string_expression", "line_string_literal", "interpolated_expression",
             "format_expression", "shell_command_expression", "subshell"});
}

void add_declarations(RoleTable& table) {
  table.add(NodeRole::block, {"block",
                              "compound_statement",
                              "statement_block",
                              "statements",
                              "body_statement",
                              "then",
                              "else",
                              "function_body",
                              "constructor_body",
                              "do_block",
                              "block_body",
                              "begin",
                              "else_clause",
                              "switch_body",
                              "switch_block",
                              "declaration_list_block",
                              "control_structure_body",
                              "ensure",
                              "rescue",
                              "colon_block"});
  table.add(NodeRole::lambda, {"lambda_expression", "arrow_function", "closure_expression", "lambda",
                               "func_literal", "anonymous_function", "function_expression", "lambda_literal",
                               "anonymous_method_expression", "anonymous_function_creation_expression"});
  table.add(NodeRole::function,
            {"function_definition", "function_declaration", "function_item", "method_declaration",
             "method_definition", "method", "singleton_method", "constructor_declaration",
             "local_function_statement", "compact_constructor_declaration", "secondary_constructor",
             "anonymous_initializer", "static_initializer", "generator_function_declaration",
             "destructor_declaration", "getter", "setter", "accessor_declaration", "class_static_block"});
  table.add(NodeRole::type_body, {"class_body",
                                  "class_definition",
                                  "class_declaration",
                                  "class_specifier",
                                  "struct_specifier",
                                  "declaration_list",
                                  "field_declaration_list",
                                  "impl_item",
                                  "mod_item",
                                  "namespace_definition",
                                  "namespace_declaration",
                                  "translation_unit",
                                  "source_file",
                                  "module",
                                  "program",
                                  "compilation_unit",
                                  "class",
                                  "interface_declaration",
                                  "object_declaration",
                                  "enum_declaration",
                                  "struct_item",
                                  "trait_item",
                                  "record_declaration",
                                  "struct_declaration",
                                  "companion_object",
                                  "interface_body",
                                  "enum_body"});
  table.add(NodeRole::attribute, {"attribute_item", "annotation", "marker_annotation", "decorator",
                                  "attribute_list", "inner_attribute_item"});
  table.add(NodeRole::statement, {"expression_statement"});
}

Roles make_roles() {
  RoleTable table;
  add_expressions(table);
  add_statements(table);
  add_declarations(table);
  return table.take();
}

}  // namespace

NodeRole role_of_node(std::string_view type) {
  static const Roles roles = make_roles();
  const auto found = roles.find(type);
  return found == roles.end() ? NodeRole::pass : found->second;
}

bool is_comment(std::string_view type) {
  return type.find("comment") != std::string_view::npos;
}

bool is_string(std::string_view type) {
  static const std::unordered_set<std::string_view> types{"string",
                                                          "string_content",
                                                          "string_fragment",
                                                          "string_literal",
                                                          "heredoc_body",
                                                          "raw_string",
                                                          "raw_string_literal",
                                                          "char_literal",
                                                          "template_string",
                                                          "encapsed_string",
                                                          "string_value",
                                                          "string_literal_content",
                                                          "interpreted_string_literal",
                                                          "nowdoc_string",
                                                          "nowdoc_body",
                                                          "text_block",
                                                          "multiline_string_fragment",
                                                          "line_string_literal",
                                                          "line_str_text",
                                                          "escape_sequence",
                                                          "raw_string_content",
                                                          "string_text",
                                                          "heredoc_content",
                                                          "verbatim_string_literal",
                                                          "string_start",
                                                          "string_end",
                                                          "interpreted_string_literal_content",
                                                          "system_lib_string",
                                                          "text",
                                                          "regex_pattern",
                                                          "multi_line_string_literal",
                                                          "character_literal",
                                                          "raw_string_delimiter",
                                                          "concatenated_string"};
  return types.contains(type);
}

bool is_identifier(std::string_view type) {
  static const std::unordered_set<std::string_view> types{"identifier",
                                                          "field_identifier",
                                                          "type_identifier",
                                                          "property_identifier",
                                                          "simple_identifier",
                                                          "constant",
                                                          "name",
                                                          "namespace_identifier",
                                                          "package_identifier",
                                                          "shorthand_property_identifier",
                                                          "statement_identifier",
                                                          "word",
                                                          "variable_name",
                                                          "instance_variable",
                                                          "global_variable",
                                                          "class_variable"};
  return types.contains(type);
}

}  // namespace dynascale::check
