"""The sealed desk: legal orders and reviews, with a store, a key and a journal of their own (model 5.4, 5.5).

Nothing imports this room but its own commands: what users and the front line see has no way to what is known here. It acts on
the rest only through public commands, like any reviewer.

Modules, in the order in which data flows:

- `letter`: an order as it arrives, in the shape of ETSI TS 103 120
- `agency`: who may send one, and how each is called back
- `policy`, `policy.toml`: what each type of order needs, may touch, and how long it lasts
- `checks`: what is wrong with a letter, with its code; `signs`: what forged ones look like
- `order`: the record; `life`: its state machine; `gag`: what the user may be told
- `wallets`: from a flagged wallet to the accounts that touched it; `copies`: what is kept or handed over of an account
- `command`: the public act that an order or a review leads to; `covering`: that of every review, made alike
- `custody`: handing over what was seized
- `report`: reports to authorities; `statistics`: numbers in bands
- `review`: an ordinary review with its true reason; `population`: whether there are enough of them
- `store`, `schema/`: where it is kept
- `desk`, `reviewing`, `reporting`: the use cases; `due`: what time brings; `submission`: to the public store, once
"""
