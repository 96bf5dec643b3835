#pragma once
/// Numbers and names in libvirt's XML. Pure; any thread.

#include <cstdint>
#include <optional>
#include <pugixml.hpp>
#include <string_view>

#include "core/model/units.hpp"

namespace dynascale::hostd {

/// Decimal digits only, white space around them allowed; nothing on anything else or on overflow.
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text);

/// An amount with one of libvirt's units (virscaledinteger: `bytes`, `KiB`, `k`, `KB`, … `EiB`). Nothing on
/// an unknown unit or on overflow.
[[nodiscard]] std::optional<Bytes> parse_amount(std::string_view text, std::string_view unit);

/// The element's text with its `unit` attribute, KiB without one, as libvirt writes memory sizes.
[[nodiscard]] std::optional<Bytes> amount_of(const pugi::xml_node& element);

/// An element's name without its prefix.
[[nodiscard]] std::string_view local_name(const pugi::xml_node& element);

/// The namespace that an element's prefix (or the default) stands for; empty without one.
[[nodiscard]] std::string_view namespace_of(const pugi::xml_node& element);

}  // namespace dynascale::hostd
