/* Stint's demonstration: a WebAssembly program that draws, counts and tries to get out.
 *
 *   demo.wasm [-w COLUMNS] [-f FRAMES] [FILE]
 *
 * 1. A ray tracer. On a terminal it is a short film of FRAMES pictures, two coloured pixels to a
 *    character; into a pipe or a file it is one picture in plain characters, with as many rays, and
 *    the same bytes every time.
 * 2. The words of FILE by frequency, read through the directory that was handed in.
 * 3. Files outside of that directory, which nobody handed in: opening them must fail.
 *
 * All of it is compiled C. Nothing here knows of Stint: any WASI runtime runs it. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- vectors ------------------------------------------------------------------------------- */

typedef struct Vec {
    double x, y, z;
} Vec;

static Vec vec(double x, double y, double z) { return (Vec){x, y, z}; }
static Vec add(Vec a, Vec b) { return vec(a.x + b.x, a.y + b.y, a.z + b.z); }
static Vec sub(Vec a, Vec b) { return vec(a.x - b.x, a.y - b.y, a.z - b.z); }
static Vec scale(Vec a, double k) { return vec(a.x * k, a.y * k, a.z * k); }
static Vec mix(Vec a, Vec b, double k) { return add(scale(a, 1 - k), scale(b, k)); }
static double dot(Vec a, Vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static Vec unit(Vec a) { return scale(a, 1 / sqrt(dot(a, a))); }
static Vec reflect(Vec d, Vec n) { return sub(d, scale(n, 2 * dot(d, n))); }
static Vec cross(Vec a, Vec b)
{
    return vec(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
}

/* ---- the scene ----------------------------------------------------------------------------- */

typedef struct Ball {
    Vec at;
    double radius;
    Vec color;
    double mirror; /* share of the light that is reflected, 0 to 1 */
} Ball;

enum { BALLS = 9, BOUNCES = 4, FILM_SAMPLES = 8 };
#define FAR 1e9

static Ball balls[BALLS];
static Vec sun;
static uint64_t rays;

/* A large mirror in the middle; eight small balls circle it, bobbing. `turn` goes from 0 to 1. */
static void set_scene(double turn)
{
    const double circle = 2 * 3.14159265358979323846;
    static const Vec colors[] = {{.95, .25, .2}, {.95, .6, .15}, {.95, .9, .3}, {.35, .8, .3},
                                 {.2, .75, .8},  {.25, .4, .95}, {.6, .3, .9},  {.95, .45, .7}};
    balls[0] = (Ball){{0, 1.3, 0}, 1.3, {.95, .95, 1}, .85};
    for (int i = 1; i < BALLS; i++) {
        double a = circle * ((i - 1) / 8.0 + turn);
        double lift = .45 + .45 * fabs(sin(a * 2 + circle * turn));
        balls[i] = (Ball){{2.6 * cos(a), lift, 2.6 * sin(a)}, .45, colors[i - 1], .25};
    }
    sun = unit(vec(-.6, 1.1, -.7));
}

/* The distance to a ball along a ray of unit direction, or FAR. */
static double hit_ball(const Ball *ball, Vec from, Vec dir)
{
    Vec to = sub(ball->at, from);
    double along = dot(to, dir);
    double inside = ball->radius * ball->radius - (dot(to, to) - along * along);
    if (along < 0 || inside < 0)
        return FAR;
    double near = along - sqrt(inside);
    return near > 1e-4 ? near : FAR;
}

static double hit_nearest(Vec from, Vec dir, const Ball **which)
{
    double best = dir.y < -1e-6 ? -from.y / dir.y : FAR;
    *which = NULL; /* the floor, or the sky at FAR */
    for (int i = 0; i < BALLS; i++) {
        double distance = hit_ball(&balls[i], from, dir);
        if (distance < best) {
            best = distance;
            *which = &balls[i];
        }
    }
    return best;
}

static bool in_shadow(Vec from)
{
    rays++;
    for (int i = 0; i < BALLS; i++)
        if (hit_ball(&balls[i], from, sun) < FAR)
            return true;
    return false;
}

static Vec sky(Vec dir)
{
    double glow = pow(fmax(dot(dir, sun), 0), 40);
    Vec blue = mix(vec(.5, .62, .85), vec(.08, .18, .55), fmin(fmax(dir.y * 1.4, 0), 1));
    return add(blue, scale(vec(1, .85, .5), glow));
}

/* The light that comes back along a ray. Reflections are a loop that carries what share of the
 * light is still to be found. */
static Vec trace(Vec from, Vec dir)
{
    Vec light = vec(0, 0, 0);
    double share = 1;
    for (int bounce = 0; bounce < BOUNCES && share > .01; bounce++) {
        const Ball *ball;
        double distance = hit_nearest(from, dir, &ball);
        rays++;
        if (distance >= FAR)
            return add(light, scale(sky(dir), share));
        Vec at = add(from, scale(dir, distance));
        Vec normal = ball ? unit(sub(at, ball->at)) : vec(0, 1, 0);
        Vec color = ball ? ball->color : vec(.62, .6, .57);
        double mirror = ball ? ball->mirror : .12;
        if (!ball && (((long)floor(at.x) + (long)floor(at.z)) & 1))
            color = vec(.1, .12, .15);
        from = add(at, scale(normal, 1e-3));
        double shine = fmax(dot(normal, sun), 0);
        double bright = .25 + (shine > 0 && !in_shadow(from) ? .85 * shine : 0);
        Vec seen = scale(color, bright);
        if (!ball)
            seen = mix(seen, sky(vec(1, .02, 0)), fmin(distance / 30, 1));
        light = add(light, scale(seen, share * (1 - mirror)));
        share *= mirror;
        dir = reflect(dir, normal);
    }
    return light;
}

/* ---- the picture --------------------------------------------------------------------------- */

typedef struct View {
    int width, height; /* pixels */
    double aspect;     /* width of the picture divided by its height */
    int samples;       /* n * n rays for each pixel */
    Vec eye, forward, right, up;
} View;

static void set_view(View *view, double turn)
{
    double a = -.9 - .5 * turn;
    view->eye = vec(7 * cos(a), 3.1, 7 * sin(a));
    view->forward = unit(sub(vec(0, .85, 0), view->eye));
    view->right = unit(cross(view->forward, vec(0, 1, 0)));
    view->up = cross(view->right, view->forward);
}

static Vec pixel(const View *view, int px, int py)
{
    Vec sum = vec(0, 0, 0);
    int n = view->samples;
    for (int s = 0; s < n * n; s++) {
        double u = (px + (s % n + .5) / n) / view->width * 2 - 1;
        double v = 1 - (py + (s / n + .5) / n) / view->height * 2;
        Vec across = add(scale(view->right, u * view->aspect), scale(view->up, v));
        sum = add(sum, trace(view->eye, unit(add(scale(view->forward, 2.6), across))));
    }
    return scale(sum, 1.0 / (n * n));
}

static int level(double light)
{
    double gamma = pow(fmin(fmax(light, 0), 1), 1 / 1.5);
    return (int)(gamma * 255 + .5);
}

/* Two pixels in a character: the upper half block in one colour on the ground of another. */
static void draw_colors(const View *view)
{
    for (int y = 0; y + 1 < view->height; y += 2) {
        for (int x = 0; x < view->width; x++) {
            Vec top = pixel(view, x, y), low = pixel(view, x, y + 1);
            printf("\033[38;2;%d;%d;%d;48;2;%d;%d;%dm\342\226\200", level(top.x), level(top.y),
                   level(top.z), level(low.x), level(low.y), level(low.z));
        }
        printf("\033[0m\n");
    }
}

static void draw_plain(const View *view)
{
    static const char shades[] = " .,:;-=+*oxOX#%@";
    for (int y = 0; y < view->height; y++) {
        for (int x = 0; x < view->width; x++) {
            Vec c = pixel(view, x, y);
            /* Sixteen shades are few: they are spread over the middle of the range. */
            int grey = level(1.8 * (.3 * c.x + .59 * c.y + .11 * c.z) - .15);
            putchar(shades[(size_t)grey * (sizeof shades - 1) / 256]);
        }
        putchar('\n');
    }
}

static void show_pictures(int columns, int frames, bool film)
{
    View view = {.width = columns, .aspect = 2.2};
    int lines = (int)(columns / view.aspect / 2);
    if (film) {
        view.height = lines * 2;
        view.samples = FILM_SAMPLES;
        for (int f = 0; f < frames; f++) {
            set_scene((double)f / frames / 2);
            set_view(&view, (double)f / frames);
            if (f > 0)
                printf("\033[%dA", lines);
            draw_colors(&view);
            fflush(stdout);
        }
    } else {
        view.height = lines;
        view.samples = (int)(FILM_SAMPLES * sqrt(frames * 2));
        set_scene(0);
        set_view(&view, 0);
        draw_plain(&view);
    }
    printf("%llu rays traced\n", (unsigned long long)rays);
}

/* ---- words --------------------------------------------------------------------------------- */

enum { SLOTS = 1 << 14, WORD_MAX_BYTES = 31, SHOWN = 10, SHORTEST = 4 };

typedef struct Word {
    char text[WORD_MAX_BYTES + 1];
    unsigned count;
} Word;

static Word words[SLOTS];

/* Counts one word; when the table is nearly full, new words are left out. */
static bool count_word(const char *text, unsigned *used)
{
    uint32_t hash = 2166136261u;
    for (const char *p = text; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 16777619u;
    for (uint32_t i = hash % SLOTS;; i = (i + 1) % SLOTS) {
        if (!words[i].count) {
            if (*used >= SLOTS / 4 * 3)
                return false;
            strcpy(words[i].text, text);
            ++*used;
        } else if (strcmp(words[i].text, text) != 0) {
            continue;
        }
        words[i].count++;
        return true;
    }
}

static int by_count(const void *a, const void *b)
{
    const Word *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return strcmp(x->text, y->text);
}

static int show_words(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        printf("%s: %s\n", path, strerror(errno));
        return 1;
    }
    char text[WORD_MAX_BYTES + 1];
    unsigned len = 0, used = 0, total = 0;
    for (int c = 0; c != EOF;) {
        c = getc(file);
        if (c != EOF && isalpha(c)) {
            if (len < WORD_MAX_BYTES)
                text[len++] = (char)tolower(c);
            continue;
        }
        text[len] = 0;
        total += len > 0;
        if (len >= SHORTEST)
            count_word(text, &used);
        len = 0;
    }
    fclose(file);
    qsort(words, SLOTS, sizeof words[0], by_count);
    printf("%s has %u words; the most frequent of %d letters and more:\n", path, total, SHORTEST);
    for (int i = 0; i < SHOWN && words[i].count; i++) {
        printf("%5u %-14s ", words[i].count, words[i].text);
        for (unsigned bar = words[i].count * 40 / words[0].count; bar; bar--)
            putchar('#');
        putchar('\n');
    }
    return 0;
}

/* ---- the walls ----------------------------------------------------------------------------- */

static int show_walls(void)
{
    static const char *const outside[] = {"/etc/passwd", "../../../../etc/passwd",
                                          "/proc/self/mem"};
    int open_ones = 0;
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        int fd = open(outside[i], O_RDONLY);
        printf("opening %-24s %s\n", outside[i], fd < 0 ? "refused" : "OPEN: the sandbox leaks");
        open_ones += fd >= 0;
    }
    return open_ones > 0;
}

int main(int argc, char **argv)
{
    int columns = 80, frames = 60, option;
    while ((option = getopt(argc, argv, "w:f:")) != -1) {
        int value = option == '?' ? 0 : atoi(optarg);
        if (value < 1 || value > 1000) {
            fprintf(stderr, "usage: %s [-w COLUMNS] [-f FRAMES] [FILE]\n", argv[0]);
            return 2;
        }
        *(option == 'w' ? &columns : &frames) = value;
    }
    show_pictures(columns < 20 ? 20 : columns, frames, isatty(STDOUT_FILENO));
    int status = 0;
    if (optind < argc) {
        putchar('\n');
        status = show_words(argv[optind]);
    }
    putchar('\n');
    return show_walls() | status;
}
