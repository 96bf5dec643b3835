#include "hostd/libvirt/policy_metadata.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "hostd/libvirt/domain_xml.hpp"
#include "hostd/libvirt/xml_values.hpp"

namespace dynascale::hostd {
namespace {

constexpr std::string_view blank = " \t\r\n,";
constexpr std::size_t max_errors = 64;  ///< More than a person reads; the metadata's author may be hostile.

/// Collects what is wrong while reading goes on.
class Reader {
 public:
  explicit Reader(ParsedGuestPolicy& out) : out_{out} {}

  void read(const pugi::xml_node& root) {
    for (const auto& attribute : root.attributes()) root_attribute(attribute);
    for (const auto& child : root.children()) {
      if (child.type() == pugi::node_element) {
        element(child);
      } else if (std::string_view{child.value()}.find_first_not_of(blank) != std::string_view::npos) {
        error("<policy>", "text is not expected here; settings are attributes, as <vcpus min='1' max='8'/>");
      }
    }
    compare();
  }
  void error(std::string_view where, std::string_view what) {
    if (out_.errors.size() < max_errors) {
      out_.errors.push_back(fmt::format("guest policy: {}: {}", where, what));
    }
  }

 private:
  /// Of which there may be several, each with a name of its own.
  static bool is_named(std::string_view element) { return element == "schedule" || element == "metric"; }
  static bool is_declaration(std::string_view name) { return name == "xmlns" || name.starts_with("xmlns:"); }

  void root_attribute(const pugi::xml_attribute& attribute) {
    const std::string_view name = attribute.name();
    const std::string_view value = attribute.value();
    if (is_declaration(name)) return;
    if (name == "mode") {
      out_.policy.mode = one_of("mode", value, std::array<std::string_view, 3>{"auto", "advise", "off"});
    } else if (name == "class") {
      out_.policy.guest_class =
          one_of("class", value, std::array<std::string_view, 2>{"stateless", "stateful"});
    } else if (name == "shares") {
      out_.policy.shares = count("<policy shares>", value, 1'000'000);
    } else if (name == "rules") {
      rules(value);
    } else {
      error(fmt::format("<policy {}>", name), "unknown; expected mode, class, shares or rules");
    }
  }

  template <std::size_t N>
  std::optional<std::string> one_of(std::string_view name, std::string_view value,
                                    const std::array<std::string_view, N>& allowed) {
    std::string expected;
    for (const auto& choice : allowed) {
      if (value == choice) return std::string{value};
      expected += fmt::format("{}'{}'", expected.empty() ? "" : ", ", choice);
    }
    error(fmt::format("<policy {}='{}'>", name, value.substr(0, 64)),
          fmt::format("expected one of {}", expected));
    return std::nullopt;
  }

  std::optional<std::uint64_t> count(std::string_view where, std::string_view value, std::uint64_t most) {
    const auto number = parse_count(value);
    if (number && *number > 0 && *number <= most) return number;
    error(where, fmt::format("'{}' is not a whole number of 1 to {}", value.substr(0, 64), most));
    return std::nullopt;
  }

  void rules(std::string_view value) {
    std::size_t from = value.find_first_not_of(blank);
    while (from != std::string_view::npos && out_.policy.rules.size() < 16) {
      const std::size_t end = std::min(value.find_first_of(blank, from), value.size());
      out_.policy.rules.emplace_back(value.substr(from, end - from));
      from = value.find_first_not_of(blank, end);
    }
    if (out_.policy.rules.empty()) error("<policy rules>", "is empty; leave it out for the host's rules");
    if (from != std::string_view::npos) error("<policy rules>", "names more than 16 rules");
  }

  void element(const pugi::xml_node& node) {
    const std::string name{local_name(node)};
    if (const auto space = namespace_of(node); !space.empty() && space != policy_namespace) {
      error(fmt::format("<{}>", node.name()),
            fmt::format("is of another namespace than {}", policy_namespace));
      return;
    }
    for (const auto& child : node.children()) {
      error(fmt::format("<{}>", name),
            child.type() == pugi::node_element
                ? fmt::format("<{}> is not expected in it", child.name())
                : std::string{"text is not expected in it; settings are attributes"});
    }
    const std::string called{is_named(name) ? node.attribute("name").value() : ""};
    if (is_named(name) && called.empty()) error(fmt::format("<{}>", name), "has no name; add name='…'");
    const auto section = called.empty() ? name : name + '.' + called;
    if (!seen_.insert(section).second) error(fmt::format("<{}>", section.substr(0, 64)), "is there twice");
    if (name == "vcpus") {
      vcpus(node);
    } else if (name == "memory") {
      memory(node);
    } else {
      settings(section, node);
    }
  }

  void vcpus(const pugi::xml_node& node) {
    for (const auto& attribute : node.attributes()) {
      const std::string_view name = attribute.name();
      if (is_declaration(name)) continue;
      if (name != "min" && name != "max") {
        error(fmt::format("<vcpus {}>", name), "unknown; expected min and max");
        continue;
      }
      const auto number = count(fmt::format("<vcpus {}>", name), attribute.value(),
                                std::numeric_limits<std::uint16_t>::max());
      auto& field = name == "min" ? out_.policy.vcpus_min : out_.policy.vcpus_max;
      if (number) field = VcpuCount{static_cast<std::uint16_t>(*number)};
    }
  }

  void memory(const pugi::xml_node& node) {
    const auto unit = node.attribute("unit");
    if (!unit) error("<memory>", "has no unit; add unit='MiB' or unit='GiB'");
    for (const auto& attribute : node.attributes()) {
      const std::string_view name = attribute.name();
      if (is_declaration(name) || name == "unit") continue;
      if (name != "min" && name != "max") {
        error(fmt::format("<memory {}>", name), "unknown; expected min, max and unit");
        continue;
      }
      if (!unit) continue;
      const auto amount = parse_amount(attribute.value(), unit.value());
      if (!amount || *amount == Bytes{}) {
        error(fmt::format("<memory {}>", name),
              fmt::format("'{}' '{}' is not a whole number with a unit such as MiB",
                          std::string_view{attribute.value()}.substr(0, 64),
                          std::string_view{unit.value()}.substr(0, 64)));
        continue;
      }
      (name == "min" ? out_.policy.memory_min : out_.policy.memory_max) = *amount;
    }
  }

  void settings(const std::string& section, const pugi::xml_node& node) {
    for (const auto& attribute : node.attributes()) {
      const bool names = is_named(local_name(node)) && std::string_view{attribute.name()} == "name";
      if (is_declaration(attribute.name()) || names) continue;
      if (out_.policy.settings.size() == max_policy_settings) {
        if (!too_many_) error("<policy>", fmt::format("has more than {} settings", max_policy_settings));
        too_many_ = true;
        return;
      }
      out_.policy.settings.push_back({section, attribute.name(), attribute.value()});
    }
  }

  void compare() {
    const auto& policy = out_.policy;
    if (policy.vcpus_min && policy.vcpus_max && *policy.vcpus_min > *policy.vcpus_max) {
      error("<vcpus>", fmt::format("min {} is above max {}", *policy.vcpus_min, *policy.vcpus_max));
    }
    if (policy.memory_min && policy.memory_max && *policy.memory_min > *policy.memory_max) {
      error("<memory>", fmt::format("min {} is above max {}", *policy.memory_min, *policy.memory_max));
    }
  }

  ParsedGuestPolicy& out_;
  std::set<std::string> seen_;
  bool too_many_ = false;
};

}  // namespace

ParsedGuestPolicy parse_policy(std::string_view xml) {
  ParsedGuestPolicy result;
  if (xml.empty()) return result;
  Reader reader{result};
  if (xml.size() > max_policy_xml) {
    reader.error("metadata",
                 fmt::format("{} is more than {}", Bytes::of(xml.size()), Bytes::of(max_policy_xml)));
    return result;
  }
  pugi::xml_document document;
  const auto parsed = document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed) {
    reader.error("metadata", fmt::format("{} at byte {}", parsed.description(), parsed.offset));
    return result;
  }
  const auto root = document.document_element();
  if (local_name(root) != "policy") {
    reader.error(fmt::format("<{}>", root.name()), "expected <policy>");
    return result;
  }
  reader.read(root);
  return result;
}

std::string plain_policy(const std::string& xml) {
  struct Plain final : pugi::xml_tree_walker {
    bool for_each(pugi::xml_node& node) override {
      if (node.type() != pugi::node_element) return true;
      const std::string name{local_name(node)};
      node.set_name(name.c_str());
      for (auto attribute = node.first_attribute(); attribute;) {
        const auto next = attribute.next_attribute();
        const std::string_view key = attribute.name();
        if (key == "xmlns" || key.starts_with("xmlns:")) node.remove_attribute(attribute);
        attribute = next;
      }
      return true;
    }
  };
  pugi::xml_document document;
  const auto parsed = document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed) return xml;
  Plain plain;
  document.traverse(plain);
  std::ostringstream out;
  document.document_element().print(out, "", pugi::format_raw);
  return out.str();
}

}  // namespace dynascale::hostd
