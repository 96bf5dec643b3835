#pragma once
/// One filled message of each type, for golden files; and random ones, for the round trip.

#include <random>

#include "core/wire/messages.hpp"

namespace dynascale::wire::test {

/// File name below golden/v1, and what it holds.
struct Example {
  std::string file;
  Message message;
};

/// A report in which nothing could be read.
[[nodiscard]] Report report_number(std::uint64_t sequence);

[[nodiscard]] std::vector<Example> examples();

/// Any message with any valid content.
[[nodiscard]] Message random_message(std::mt19937_64& random);

}  // namespace dynascale::wire::test
