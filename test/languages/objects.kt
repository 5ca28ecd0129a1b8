// Shapes of classes, closures, collections, strings and exceptions, and garbage enough that a
// collector has work.
class Node(val left: Node?, val right: Node?) {
    fun check(): Int = 1 + (left?.check() ?: 0) + (right?.check() ?: 0)
}

fun make(depth: Int): Node =
    if (depth == 0) Node(null, null) else Node(make(depth - 1), make(depth - 1))

sealed class Shape {
    abstract fun area(): Double
}

class Circle(val r: Double) : Shape() {
    override fun area() = 3.141592653589793 * r * r
}

class Rect(val w: Double, val h: Double) : Shape() {
    override fun area() = w * h
}

fun factorial(n: Int): Long = when {
    n < 0 -> throw IllegalArgumentException("negative: $n")
    n < 2 -> 1
    else -> n * factorial(n - 1)
}

fun trees() {
    for (depth in 4..14 step 2) {
        var sum = 0
        repeat(20) { sum += make(depth).check() }
        println("trees of depth $depth: $sum")
    }
}

fun primes(limit: Int): Int {
    val isPrime = BooleanArray(limit) { true }
    var i = 2
    while (i * i < limit) {
        if (isPrime[i]) for (j in i * i until limit step i) isPrime[j] = false
        i++
    }
    return (2 until limit).count { isPrime[it] }
}

fun main() {
    println("Hello from Kotlin")
    trees()
    val words = "the quick brown fox jumps over the lazy dog the end".split(" ")
    println(words.groupBy { it }.mapValues { it.value.size }.toList().sortedBy { it.first })
    println(listOf<Shape>(Circle(1.0), Rect(2.0, 3.5), Circle(0.5)).sumOf { it.area() })
    println((0..20).map { factorial(it) })
    try {
        factorial(-3)
    } catch (e: IllegalArgumentException) {
        println("caught ${e.message}")
    }
    println(primes(100000))
    val sums = HashMap<String, Int>()
    for (i in 0 until 20000) sums["k${i % 777}"] = (sums["k${i % 777}"] ?: 0) + i
    println(sums.entries.sumOf { it.value.toLong() * it.key.length })
    val text = StringBuilder()
    for (c in 'a'..'z') text.append(c).append(c.code)
    println(text.toString().reversed())
}
