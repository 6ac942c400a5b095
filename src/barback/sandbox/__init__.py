"""The outside world on one machine: the crowd that orders drinks, a demo night, and the oracle that counts afterwards.

Everything here speaks to a running server over its public API, as a till or a browser would: nothing is
imported from the rooms it sells to, so it also shows that the API says what clients need.

    barback crowd            many tills sell for a while, with bursts, repeats and outages
    barback crowd replay     a file of real orders, sold again
    barback run --demo       a believable evening at The Copper Still
"""
