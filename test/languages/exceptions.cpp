// Exceptions through many frames: destructors on the way, catching by class, throwing again.
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct Guard {
    const char *name;
    static int live;
    explicit Guard(const char *n) : name(n) { live++; }
    ~Guard() { live--; }
};
int Guard::live = 0;

struct ParseError : std::runtime_error {
    size_t at;
    ParseError(const std::string &what, size_t at) : std::runtime_error(what), at(at) {}
};

struct Parser {
    const std::string &text;
    size_t at = 0;
    explicit Parser(const std::string &t) : text(t) {}
    long number() {
        Guard g("number");
        size_t used = 0;
        long v = 0;
        while (at + used < text.size() && isdigit(text[at + used])) v = v * 10 + (text[at + used++] - '0');
        if (!used) throw ParseError("a number was expected", at);
        at += used;
        return v;
    }
    long factor() {
        Guard g("factor");
        if (at < text.size() && text[at] == '(') {
            at++;
            long v = sum();
            if (at >= text.size() || text[at] != ')') throw ParseError("an open parenthesis", at);
            at++;
            return v;
        }
        return number();
    }
    long product() {
        Guard g("product");
        long v = factor();
        while (at < text.size() && (text[at] == '*' || text[at] == '/')) {
            char op = text[at++];
            long w = factor();
            if (op == '/' && w == 0) throw std::domain_error("division by zero");
            v = op == '*' ? v * w : v / w;
        }
        return v;
    }
    long sum() {
        Guard g("sum");
        long v = product();
        while (at < text.size() && (text[at] == '+' || text[at] == '-'))
            v = text[at++] == '+' ? v + product() : v - product();
        return v;
    }
};

static int depth(int n)
{
    std::unique_ptr<Guard> g(new Guard("depth"));
    if (n == 0) throw n;
    try {
        return depth(n - 1) + 1;
    } catch (int caught) {
        if (n % 3 == 0) throw;
        throw caught + n;
    }
}

int main()
{
    for (const std::string &t : std::vector<std::string>{"1+2*3", "(4+5)*6-7", "8/(3-3)", "2*(3+", "x", "((((1))))"}) {
        try {
            Parser p(t);
            std::printf("%s = %ld\n", t.c_str(), p.sum());
        } catch (const ParseError &e) {
            std::printf("%s: %s at %zu\n", t.c_str(), e.what(), e.at);
        } catch (const std::exception &e) {
            std::printf("%s: %s\n", t.c_str(), e.what());
        }
    }
    long total = 0;
    for (int i = 0; i < 2000; i++)
        try { total += depth(i % 40); } catch (int v) { total += v; }
    std::printf("total %ld, %d guards left\n", total, Guard::live);
    std::map<std::string, int> counts;
    for (int i = 0; i < 1000; i++)
        try { counts[std::to_string(i % 7)]++; counts.at(std::to_string(i % 9))++; }
        catch (std::out_of_range &) { counts["missing"]++; }
    for (auto &c : counts) std::printf("%s: %d\n", c.first.c_str(), c.second);
}
