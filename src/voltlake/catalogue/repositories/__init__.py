"""One plain class per aggregate: questions in domain words; none of them commits."""
