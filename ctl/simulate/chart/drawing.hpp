#pragma once
/// The charts as XML nodes, for a file of their own or inside a page.

#include <pugixml.hpp>

#include "ctl/simulate/chart/chart.hpp"

namespace dynascale::simulate {

/// Colours and strokes of the charts, light and dark.
extern const char* const chart_style;

/// Appends an <svg> to `parent`.
void draw(pugi::xml_node parent, const Chart& chart);

[[nodiscard]] std::string text_of(const pugi::xml_document& document);

}  // namespace dynascale::simulate
