#include "daemon/keeping/settings_at_home.h"

#include <doctest/doctest.h>

using postrider::daemon::keeping::at_home;

TEST_CASE("restored settings name what is beside them, and keep what was said") {
  CHECK(at_home("[publication]\nname = \"database = x\"\n\n[storage]\n"
                "database = \"/var/lib/postrider/postrider.db\"\n"
                "secrets = \"/var/lib/postrider/secrets\"  # mine\n\n[[relay]]\n"
                "password_file = \"/var/lib/postrider/secrets/smtp\"\n"
                "ca_file = \"/etc/ca.pem\"\n") ==
        "[publication]\nname = \"database = x\"\n\n[storage]\ndatabase = \"postrider.db\"\n"
        "drafts = \"drafts\"\ntheme = \"theme\"\nsecrets = \"secrets\"\n"
        "# before the restore: database = \"/var/lib/postrider/postrider.db\"\n"
        "# before the restore: secrets = \"/var/lib/postrider/secrets\"  # mine\n\n[[relay]]\n"
        "password_file = \"secrets/smtp\"\nca_file = \"/etc/ca.pem\"\n");
}

TEST_CASE("settings without [storage] have everything beside them already") {
  const std::string settings = "[publication]\nname = \"x\"\ndatabase = 1\n[log]\nlevel = \"info\"";
  CHECK(at_home(settings) == settings);
  CHECK(at_home("").empty());
}

TEST_CASE("keys of the same names in other sections stay") {
  CHECK(at_home("[ storage ] # here\ntheme = 't'\n[other]\ntheme = 't'\n")
            .ends_with("# before the restore: theme = 't'\n[other]\ntheme = 't'\n"));
}
