#include "hostd/policy_edit.hpp"

#include <fmt/format.h>

#include <array>
#include <pugixml.hpp>
#include <sstream>

#include "core/config/quantity.hpp"
#include "hostd/libvirt/domain_xml.hpp"
#include "hostd/libvirt/xml_values.hpp"

namespace dynascale::hostd {
namespace {

constexpr std::array own_attributes{"mode", "class", "shares", "rules"};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.front() >= 'a' && text.front() <= 'z' &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

/// The child of this name, whatever its prefix; of windows and figures the one called so.
pugi::xml_node child_of(const pugi::xml_node& root, std::string_view name, std::string_view called) {
  for (const auto& child : root.children())
    if (child.type() == pugi::node_element && local_name(child) == name && child.attribute("name").value() == called)
      return child;
  return {};
}

/// Whether an element says nothing any more.
bool is_empty(const pugi::xml_node& element) {
  for (const auto& attribute : element.attributes())
    if (std::string_view{attribute.name()} != "name") return false;
  return true;
}

void set(pugi::xml_node element, const std::string& name, const std::string& value) {
  element.remove_attribute(name.c_str());
  if (!value.empty()) element.append_attribute(name.c_str()).set_value(value.c_str());
}

class Editor {
 public:
  Editor(pugi::xml_node root, std::vector<std::string>& errors) : root_{root}, errors_{errors} {}

  void change(const std::string& key, const std::string& value) {
    const auto dot = key.find('.');
    const auto section = key.substr(0, dot);
    if (dot == std::string::npos) {
      for (const auto* known : own_attributes)
        if (section == known) return set(root_, key, value);
      return error(key, "unknown; expected mode, class, shares, rules, or SECTION.KEY as in vcpus.max");
    }
    const bool named = section == "schedule" || section == "metric";
    const auto last = named ? key.rfind('.') : dot;
    const auto called = last > dot ? key.substr(dot + 1, last - dot - 1) : "";
    const auto name = key.substr(last + 1);
    if (named && !is_name(called)) return error(key, fmt::format("expected {}.NAME.KEY", section));
    if (!is_name(section) || !is_name(name)) return error(key, "expected SECTION.KEY as in vcpus.max");
    auto element = child_of(root_, section, called);
    if (!element && value.empty()) return;
    if (!element) {
      element = root_.append_child(section.c_str());
      set(element, "name", called);
    }
    if (section == "memory" && (name == "min" || name == "max"))
      memory(element, key, name, value);
    else
      set(element, name, value);
    if (is_empty(element)) root_.remove_child(element);
  }

 private:
  /// The element has one unit for both amounts: KiB holds them all.
  void memory(pugi::xml_node element, const std::string& key, const std::string& name, const std::string& value) {
    for (const auto* other : {"min", "max"}) {
      const auto attribute = element.attribute(other);
      if (!attribute || other == name) continue;
      const auto amount = parse_amount(attribute.value(), element.attribute("unit").value());
      if (amount) set(element, other, std::to_string(amount->floor_kib()));
    }
    const auto amount = config::parse_bytes(value);
    if (!value.empty() && !amount) return error(key, fmt::format("'{}' is no amount; expected \"512 MiB\"", value));
    set(element, name, amount ? std::to_string(amount->floor_kib()) : "");
    const bool any = element.attribute("min") || element.attribute("max");
    set(element, "unit", any ? "KiB" : "");
  }
  void error(const std::string& key, const std::string& what) {
    errors_.push_back(fmt::format("{}: {}", key.substr(0, 64), what));
  }

  pugi::xml_node root_;
  std::vector<std::string>& errors_;
};

}  // namespace

EditedPolicy edit_policy(const std::string& xml, const PolicyChanges& changes) {
  EditedPolicy edited;
  pugi::xml_document document;
  if (!xml.empty()) {
    const auto parsed = document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!parsed) {
      edited.errors.push_back(fmt::format("the present policy cannot be read ({}); replace it whole, with --file",
                                          parsed.description()));
      return edited;
    }
  } else {
    document.append_child("policy");
  }
  auto root = document.document_element();
  if (xml.empty()) root.append_attribute("xmlns").set_value(std::string{policy_namespace}.c_str());
  Editor editor{root, edited.errors};
  for (const auto& [key, value] : changes) editor.change(key, value);
  std::ostringstream out;
  document.save(out, "", pugi::format_raw | pugi::format_no_declaration);
  edited.xml = out.str();
  return edited;
}

}  // namespace dynascale::hostd
