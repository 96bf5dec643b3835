#include "probes/elf.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "runtime/files.hpp"
#include "tests/unit/probes/elf_image.hpp"

namespace dynascale {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

TEST(Elf, NamesWhatIsImported) {
  const auto names = read_elf_imports(elf_image({"mlockall", "sched_setaffinity@GLIBC_2.3.4", "mlockall"}));
  ASSERT_TRUE(names) << names.error().what;
  EXPECT_THAT(*names, ElementsAre("mlockall", "sched_setaffinity"));
}

TEST(Elf, ReadsARealProgram) {
  // From util-linux, which every Debian has.
  const auto image = Files{}.read("/usr/bin/taskset", Bytes::mib(16));
  ASSERT_TRUE(image) << image.error().what;
  const auto names = read_elf_imports(*image);
  ASSERT_TRUE(names) << names.error().what;
  EXPECT_THAT(*names, Contains("sched_setaffinity"));
}

TEST(Elf, RefusesWhatIsNoElf) {
  EXPECT_FALSE(is_elf("#!/bin/sh"));
  EXPECT_EQ(read_elf_imports("").error().code, Errc::corrupt);
  EXPECT_EQ(read_elf_imports("\x7f"
                             "ELF")
                .error()
                .code,
            Errc::corrupt);
}

TEST(Elf, BrokenFilesNeverCrash) {
  const auto whole = elf_image({"mlock", "sysconf", "get_nprocs"});
  for (std::size_t size = 0; size < whole.size(); ++size)
    static_cast<void>(read_elf_imports(std::string{whole.substr(0, size)}));
  const auto seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937 random{seed};
  for (int round = 0; round < 20000; ++round) {
    auto image = whole;
    for (auto flips = 1 + random() % 6; flips > 0; --flips)
      image[random() % image.size()] = static_cast<char>(random() % 4 == 0 ? 0xff : random());
    const auto names = read_elf_imports(image);
    if (names) {
      EXPECT_LE(names->size(), 4U) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace dynascale
