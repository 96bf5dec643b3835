/// The order of a tested reload, and what is left after each way to fail.

#include "adapters/reload_dropin.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

namespace dynascale {
namespace {

class ReloadDropIn : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "dropin-XXXXXX";
    folder = ::mkdtemp(pattern.data());
    ASSERT_TRUE(files.replace(file(), "former\n"));
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  [[nodiscard]] std::string file() const { return folder / "own.conf"; }
  [[nodiscard]] std::string content() const { return files.read(file()).value_or("no file"); }
  [[nodiscard]] ReloadSteps steps() {
    return {.drop_in = file(),
            .content = "new\n",
            .test = [this]() -> Status { return note("test"); },
            .reload = [this]() -> Status { return note("reload"); },
            .verify = [this]() -> Result<std::int64_t> {
              if (auto noted = note("verify"); !noted) return tl::unexpected(noted.error());
              return 7;
            }};
  }
  Status note(const std::string& step) {
    seen += step + "(" + content().substr(0, 3) + ") ";
    if (step != failing) return {};
    return fail(Errc::refused, step + " failed");
  }

  Files files;
  std::filesystem::path folder;
  std::string failing;
  std::string seen;
};

TEST_F(ReloadDropIn, TestsBeforeItReloads) {
  EXPECT_EQ(change_and_reload(files, steps()).value(), 7);
  EXPECT_EQ(seen, "test(new) reload(new) verify(new) ");
  EXPECT_EQ(content(), "new\n");
}

TEST_F(ReloadDropIn, NeverReloadsWhatDidNotPassTheTest) {
  failing = "test";
  const auto result = change_and_reload(files, steps());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::refused);
  EXPECT_NE(result.error().what.find("as it was before"), std::string::npos);
  EXPECT_EQ(seen, "test(new) ");
  EXPECT_EQ(content(), "former\n");
}

TEST_F(ReloadDropIn, PutsTheFormerFileBackAndReloadsItWhenTheEffectIsMissing) {
  failing = "verify";
  EXPECT_FALSE(change_and_reload(files, steps()));
  EXPECT_EQ(seen, "test(new) reload(new) verify(new) test(for) reload(for) ");
  EXPECT_EQ(content(), "former\n");
}

TEST_F(ReloadDropIn, RemovesAFileThatWasNotThere) {
  ASSERT_TRUE(files.remove(file()));
  failing = "reload";
  EXPECT_FALSE(change_and_reload(files, steps()));
  EXPECT_EQ(content(), "no file");
}

TEST_F(ReloadDropIn, SaysThatTheFolderCannotBeWritten) {
  auto elsewhere = steps();
  elsewhere.drop_in = "/proc/own.conf";
  const auto result = change_and_reload(files, elsewhere);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().what.find("/proc/own.conf"), std::string::npos) << result.error().what;
  EXPECT_EQ(seen, "");
}

TEST_F(ReloadDropIn, AFileThatCannotBeWrittenWholeLeavesTheFormerOne) {
  // As on a full disk: the kernel refuses every byte.
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &none);
  const auto result = change_and_reload(files, steps());
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::io) << result.error().what;
  EXPECT_EQ(content(), "former\n");
  EXPECT_EQ(files.list(folder.string())->size(), 1U) << "no temporary file is left";
  EXPECT_EQ(seen, "");
}

}  // namespace
}  // namespace dynascale
