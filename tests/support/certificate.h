// A certificate in PEM, of a CA whose key was thrown away.
#pragma once

#include <string_view>

namespace postrider::test {

constexpr std::string_view certificate = R"(-----BEGIN CERTIFICATE-----
MIIBhjCCAS2gAwIBAgIUcjXZQZaPCaqo6xDms+MemhO4kX8wCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNVGhyb3ctYXdheSBDQTAgFw0yNjExMjQyMjI3MzdaGA8yMTI2
MTAzMTIyMjczN1owGDEWMBQGA1UEAwwNVGhyb3ctYXdheSBDQTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABGSRAi861m0mtsfCn763kysxJc/50lm8ehpB4IYqKMB4
vhYYW2hcLtYgcEngwQs7sWu1qf9ege7hKzf8eU627bSjUzBRMB0GA1UdDgQWBBTL
Yjz/LBeGfjRWRkaM7Lpn3GfqUDAfBgNVHSMEGDAWgBTLYjz/LBeGfjRWRkaM7Lpn
3GfqUDAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIHUDdnKskw26
e4xfwmzHnJhJ/nWWkqOGrw46c4YzjUEqAiAo3trX3Zb4qHwnTiCjlJhYpt5Nm5tt
0ep7II7rQZvtiQ==
-----END CERTIFICATE-----
)";

}  // namespace postrider::test
