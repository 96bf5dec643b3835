#include "check/syntax/tree.hpp"

#include <algorithm>
#include <array>

extern "C" {
const TSLanguage* tree_sitter_bash();
const TSLanguage* tree_sitter_c();
const TSLanguage* tree_sitter_c_sharp();
const TSLanguage* tree_sitter_cpp();
const TSLanguage* tree_sitter_go();
const TSLanguage* tree_sitter_java();
const TSLanguage* tree_sitter_javascript();
const TSLanguage* tree_sitter_kotlin();
const TSLanguage* tree_sitter_php();
const TSLanguage* tree_sitter_python();
const TSLanguage* tree_sitter_ruby();
const TSLanguage* tree_sitter_rust();
const TSLanguage* tree_sitter_tsx();
const TSLanguage* tree_sitter_typescript();
}

namespace dynascale::check {
namespace {

constexpr std::uint64_t parse_limit_us = 3'000'000;
constexpr std::size_t depth_limit = 20'000;
/// tree-sitter 0.20.7 corrupts its heap on JavaScript nested deeper than 65535 (16-bit counters).
constexpr std::size_t bracket_limit = 10'000;

const TSLanguage* grammar(Language language) {
  switch (language) {
    case Language::c:
      return tree_sitter_c();
    case Language::cpp:
      return tree_sitter_cpp();
    case Language::python:
      return tree_sitter_python();
    case Language::java:
      return tree_sitter_java();
    case Language::kotlin:
      return tree_sitter_kotlin();
    case Language::go:
      return tree_sitter_go();
    case Language::javascript:
      return tree_sitter_javascript();
    case Language::typescript:
      return tree_sitter_typescript();
    case Language::tsx:
      return tree_sitter_tsx();
    case Language::ruby:
      return tree_sitter_ruby();
    case Language::php:
      return tree_sitter_php();
    case Language::rust:
      return tree_sitter_rust();
    case Language::csharp:
      return tree_sitter_c_sharp();
    case Language::shell:
      return tree_sitter_bash();
    case Language::none:
      break;
  }
  return nullptr;
}

/// How deep brackets nest, at most; closing ones without a partner are ignored.
std::size_t bracket_depth(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  for (const char c : text) {
    if (c == '(' || c == '[' || c == '{')
      deepest = std::max(deepest, ++depth);
    else if ((c == ')' || c == ']' || c == '}') && depth > 0)
      --depth;
  }
  return deepest;
}

bool covers(TSNode node, std::uint32_t byte) {
  return ts_node_start_byte(node) <= byte && byte < ts_node_end_byte(node);
}

/// Moves to the child over that byte. The library's own search stops at a child that ends exactly at the byte, and
/// gives up when that child is hidden (a newline after a shell statement, say); then the children are walked.
bool enter_child(TSTreeCursor& cursor, std::uint32_t byte) {
  if (ts_tree_cursor_goto_first_child_for_byte(&cursor, byte) >= 0) {
    do {
      const auto node = ts_tree_cursor_current_node(&cursor);
      if (covers(node, byte)) return true;
      if (ts_node_start_byte(node) > byte) break;
    } while (ts_tree_cursor_goto_next_sibling(&cursor));
    ts_tree_cursor_goto_parent(&cursor);
  }
  if (!ts_tree_cursor_goto_first_child(&cursor)) return false;
  do {
    const auto node = ts_tree_cursor_current_node(&cursor);
    if (covers(node, byte)) return true;
    if (ts_node_start_byte(node) > byte) break;
  } while (ts_tree_cursor_goto_next_sibling(&cursor));
  ts_tree_cursor_goto_parent(&cursor);
  return false;
}

/// `ABSL_FLAG(int, threads, …)` is no C++ to the grammar, and what follows it is lost: the type is blanked, byte for
/// byte. Empty when there is none.
std::string without_flag_types(std::string_view text) {
  constexpr std::string_view macro = "\nABSL_FLAG(";
  std::string copy;
  for (auto at = text.find(macro); at != std::string_view::npos; at = text.find(macro, at + macro.size())) {
    const auto begin = at + macro.size();
    const auto comma = text.find_first_of(",;", begin);
    if (comma == std::string_view::npos || text[comma] != ',') continue;
    if (copy.empty()) copy = text;
    for (auto i = begin; i <= comma; ++i) copy[i] = text[i] == '\n' ? '\n' : ' ';
  }
  return copy;
}

struct DeleteParser {
  void operator()(TSParser* parser) const { ts_parser_delete(parser); }
};

}  // namespace

Result<Syntax> Syntax::parse(Language language, std::string_view text) {
  const auto* rules = grammar(language);
  if (rules == nullptr) return fail(Errc::unsupported, "no grammar for this language");
  if (bracket_depth(text) > bracket_limit) {
    return fail(Errc::limit_exceeded, "brackets nested deeper than 10000: not parsed");
  }
  const std::unique_ptr<TSParser, DeleteParser> parser{ts_parser_new()};
  if (!ts_parser_set_language(parser.get(), rules)) {
    return fail(Errc::unsupported, "the grammar's ABI does not fit the tree-sitter library");
  }
  ts_parser_set_timeout_micros(parser.get(), parse_limit_us);
  const auto copy = language == Language::cpp ? without_flag_types(text) : std::string{};
  const auto read = copy.empty() ? text : std::string_view{copy};
  auto* tree =
      ts_parser_parse_string(parser.get(), nullptr, read.data(), static_cast<std::uint32_t>(read.size()));
  if (tree == nullptr) return fail(Errc::timeout, "parsing took longer than 3 s and was given up");
  return Syntax{language, text, tree};
}

std::string_view Syntax::text_of(TSNode node) const {
  if (ts_node_is_null(node)) return {};
  const auto begin = ts_node_start_byte(node);
  return text_.substr(begin, ts_node_end_byte(node) - begin);
}

TSNode Syntax::root() const {
  return ts_tree_root_node(tree_.get());
}

Chain Syntax::chain_at(std::size_t offset) const {
  Chain chain{root()};
  auto cursor = ts_tree_cursor_new(chain.front());
  const auto byte = static_cast<std::uint32_t>(offset);
  while (chain.size() < depth_limit && enter_child(cursor, byte)) {
    chain.push_back(ts_tree_cursor_current_node(&cursor));
  }
  ts_tree_cursor_delete(&cursor);
  return chain;
}

TSNode field_of(TSNode node, std::string_view field) {
  return ts_node_child_by_field_name(node, field.data(), static_cast<std::uint32_t>(field.size()));
}

bool same(TSNode a, TSNode b) {
  return a.id == b.id && a.tree == b.tree;
}

bool contains(TSNode outer, TSNode inner) {
  return !ts_node_is_null(outer) && ts_node_start_byte(outer) <= ts_node_start_byte(inner) &&
         ts_node_end_byte(inner) <= ts_node_end_byte(outer);
}

}  // namespace dynascale::check
