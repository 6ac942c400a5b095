-- Every claim asks whether a message is to be tried alone: by an index in which only those stand, not by all leases,
-- of which the dead ones are many while somebody holds a snapshot.

-- dialect: both
CREATE INDEX engine_lease_aside ON engine_lease (queue, token) WHERE worker = 'nobody';
