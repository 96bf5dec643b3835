/// Where an assignment puts its value: a local variable, a member, or something that outlives the call.

#include "check/syntax/kinds.hpp"
#include "check/syntax/use.hpp"
#include "check/text/lines.hpp"

namespace dynascale::check {
namespace {

/// A bare name assigned without a declaration, and not mentioned earlier in the function, lives outside of it.
bool is_undeclared(const Syntax& tree, TSNode function, TSNode assignment, const std::string& name) {
  const auto language = tree.language();
  const bool declares = language == Language::c || language == Language::cpp || language == Language::java ||
                        language == Language::csharp || language == Language::go ||
                        language == Language::javascript || language == Language::typescript ||
                        language == Language::tsx;
  const auto type = type_of(assignment);
  if (!declares || (type != "assignment_expression" && type != "assignment_statement")) return false;
  const auto begin = ts_node_start_byte(function);
  const auto before = tree.text().substr(begin, ts_node_start_byte(assignment) - begin);
  return before.find(name) == std::string_view::npos;
}

bool is_static(const Syntax& tree, const Chain& chain, std::size_t depth) {
  const auto type = type_of(chain[depth]);
  if (type == "static_item" || type == "const_item") return true;
  return depth > 0 && trim(tree.text_of(chain[depth - 1])).substr(0, 7) == "static ";
}

}  // namespace

Storage storage_of(const Syntax& tree, const Chain& chain, std::size_t depth, const std::string& name) {
  if (name.find('.') != std::string::npos || name.find("->") != std::string::npos || name.substr(0, 1) == "@" ||
      name.find("::") != std::string::npos || name.find('[') != std::string::npos) {
    return Storage::member;
  }
  for (std::size_t i = depth; i-- > 0;) {
    const auto role = role_of_node(type_of(chain[i]));
    if (role == NodeRole::function && is_undeclared(tree, chain[i], chain[depth], name)) return Storage::member;
    if (role == NodeRole::function || role == NodeRole::lambda) {
      const auto type = type_of(chain[i]);
      const bool initializer = type == "static_initializer" || type == "class_static_block";
      return initializer || is_static(tree, chain, depth) ? Storage::global : Storage::local;
    }
  }
  return Storage::global;
}

}  // namespace dynascale::check
